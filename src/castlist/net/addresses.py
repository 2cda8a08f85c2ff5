"""Which IP addresses a stranger may make us connect to. Pure; used by `guard` and `backend`, opens nothing.

Both families start from "no": an IPv4 address must be outside every special-purpose block, an IPv6 address inside
2000::/3 and outside every special-purpose block in it. Forms that carry an IPv4 address inside an IPv6 one (mapped,
compatible, translated, NAT64, 6to4, Teredo, ISATAP) are refused too, whatever they carry: nobody needs them to
publish a picture, and each is a second spelling of some IPv4 address.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Source: IANA IPv4 and IPv6 Special-Purpose Address Registries, and the multicast and reserved ranges of RFC 1112 and
# RFC 5771. Written out because `ipaddress.is_global` differs between Python releases; both must agree.
_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also holds 100.100.100.200, a cloud's metadata
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; also the metadata address of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; also a cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "168.63.129.16/32",  # a cloud's host agent behind a public number
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking, AS112 and the like
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# Never reachable through a trusted *name*; only by listing the network itself.
_NEVER_BY_NAME = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.192/32", "100.100.100.200/32", "168.63.129.16/32", "224.0.0.0/4",
        "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128",
    )
)  # fmt: skip
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")


def embedded_v4(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """List the IPv4 addresses that an IPv6 address carries inside, in any of the transition forms.

    Returns: empty for a plain IPv6 address. `::` and `::1` are plain.
    Source: RFC 4291 2.5.5, RFC 2765, RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 5214.
    """
    low = IPv4Address(address.packed[12:])
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _TRANSLATED or any(address in prefix for prefix in _NAT64) or address.packed[8:12] in _ISATAP:
        return (low,)
    if address in _COMPATIBLE and int(address) > 1:
        return (low,)
    return ()


def is_public(address: Address) -> bool:
    """Say whether an address is an ordinary unicast address of the public internet."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _SPECIAL_V4)
    if address not in _GLOBAL_V6 or address.scope_id is not None or embedded_v4(address):
        return False
    return not any(address in block for block in _SPECIAL_V6)


def parse_networks(blocks: Iterable[str]) -> tuple[Network, ...]:
    """Read networks as an operator writes them, e.g. `192.168.0.0/16`, `10.1.2.3`, `fd00::/8`.

    Raises: ValueError that names the entry that is no network.
    """
    return tuple(ip_network(block, strict=False) for block in blocks)


def is_allowed(
    address: Address,
    networks: tuple[Network, ...] = (),
    *,
    trusted_name: bool = False,
) -> bool:
    """Say whether a connection to `address` may be opened.

    Args:
        networks: blocks the operator opened. A form that carries an IPv4 address inside needs that address to be
            public or opened as well, so that an opened NAT64 prefix is no way into the private network behind it.
        trusted_name: the address was reached through a host name the operator listed, which may be private but never
            link-local, multicast, unspecified or a metadata service.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if any(address in network for network in networks):
        inner = embedded_v4(address) if isinstance(address, IPv6Address) else ()
        return all(is_public(v4) or any(v4 in network for network in networks) for v4 in inner)
    if is_public(address):
        return True
    if not trusted_name or (isinstance(address, IPv6Address) and embedded_v4(address)):
        return False
    return not any(address in block for block in _NEVER_BY_NAME)


def read_address(text: str) -> Address | None:
    """Read a canonical IP address; None for anything else, odd spellings included."""
    try:
        return ip_address(text)
    except ValueError:
        return None
