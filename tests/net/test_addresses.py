"""Only ordinary unicast addresses of the public internet are allowed, in their own spelling."""

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from castlist.domain.errors import InputImageRejected
from castlist.net.addresses import embedded_v4, is_allowed, is_public, parse_networks
from castlist.net.guard import FetchPolicy, check_url

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"]
PUBLIC += ["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "126.255.255.255"]
PUBLIC += ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888", "2400:cb00::1", "2003::1"]

FORBIDDEN_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
FORBIDDEN_V6 = [
    "::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
    "2001::/32", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
    "3fff::/20", "5f00::/16", "fc00::/7", "fd00:ec2::254/128", "fe80::/10", "fec0::/10", "ff00::/8", "4000::/3",
]  # fmt: skip


def address_in(blocks: list[str]) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Any address of the blocks, their first and last more often than chance."""
    networks = [ip_network(block) for block in blocks]

    def within(network):
        first, last = int(network.network_address), int(network.broadcast_address)
        numbers = st.one_of(st.sampled_from([first, last]), st.integers(first, last))
        return numbers.map(IPv4Address if network.version == 4 else IPv6Address)

    return st.sampled_from(networks).flatmap(within)


forbidden_v4 = address_in(FORBIDDEN_V4)
forbidden_v6 = address_in(FORBIDDEN_V6)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text: str) -> None:
    assert is_public(ip_address(text))
    host = f"[{text}]" if ":" in text else text
    assert check_url(f"https://{host}/a.png", FetchPolicy()).host == text


@given(st.one_of(forbidden_v4, forbidden_v6))
def test_no_special_purpose_address_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)
    assert not is_allowed(address)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_whatever_is_public_is_so_for_the_standard_library_too(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_private, address.is_multicast, address.is_reserved, address.is_link_local))


def embed(address: IPv4Address) -> list[IPv6Address]:
    """Every IPv6 form that carries this IPv4 address."""
    n = int(address)
    inverted = n ^ 0xFFFFFFFF
    return [
        IPv6Address(0xFFFF << 32 | n),  # mapped
        IPv6Address(0xFFFF << 48 | n),  # translated
        IPv6Address(0x64FF9B << 96 | n),  # NAT64
        IPv6Address(0x64FF9B0001 << 80 | n),  # local NAT64
        IPv6Address(0x2002 << 112 | n << 80 | 1),  # 6to4
        IPv6Address(0x20010000 << 96 | n << 64 | 0xF7F7F7F7),  # Teredo, as the server
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | inverted),  # Teredo, as the client
        IPv6Address(0x2A00145040010000 << 64 | 0x00005EFE << 32 | n),  # ISATAP
        IPv6Address(0x2A00145040010000 << 64 | 0x02005EFE << 32 | n),  # ISATAP, globally unique
    ] + ([IPv6Address(n)] if n > 1 else [])  # compatible


@given(st.one_of(forbidden_v4, st.ip_addresses(v=4)))
def test_an_ipv4_address_inside_an_ipv6_one_is_found_and_refused(address: IPv4Address) -> None:
    for carrier in embed(address):
        assert address in embedded_v4(carrier), carrier
        assert not is_public(carrier), carrier
        assert not is_allowed(carrier, parse_networks(["127.0.0.0/8", "10.0.0.0/8"]), trusted_name=True), carrier


def test_an_opened_transition_prefix_is_no_way_into_a_private_network() -> None:
    nat64 = parse_networks(["64:ff9b::/96"])
    assert is_allowed(IPv6Address("64:ff9b::8.8.8.8"), nat64)
    assert not is_allowed(IPv6Address("64:ff9b::10.0.0.1"), nat64)
    assert is_allowed(IPv6Address("64:ff9b::10.0.0.1"), parse_networks(["64:ff9b::/96", "10.0.0.0/8"]))


def test_opened_networks_are_allowed_and_their_neighbours_are_not() -> None:
    opened = parse_networks(["192.168.7.9/24", "fd12::/16"])
    assert is_allowed(IPv4Address("192.168.7.200"), opened)
    assert is_allowed(IPv6Address("fd12:1::1"), opened)
    assert not is_allowed(IPv4Address("192.168.8.1"), opened)
    assert not is_allowed(IPv6Address("fd13::1"), opened)


def test_a_trusted_name_may_be_private_but_never_a_metadata_service() -> None:
    for text in ("10.1.2.3", "127.0.0.1", "192.168.0.1", "::1", "fd00::1", "100.64.0.1"):
        assert is_allowed(ip_address(text), trusted_name=True), text
    for text in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "0.0.0.0"):
        assert not is_allowed(ip_address(text), trusted_name=True), text
    for text in ("fe80::1", "ff02::1", "::", "224.0.0.1", "255.255.255.255", "::ffff:127.0.0.1"):
        assert not is_allowed(ip_address(text), trusted_name=True), text


def test_a_scoped_address_is_refused_even_in_an_opened_network() -> None:
    assert not is_allowed(IPv6Address("fe80::1%eth0"), parse_networks(["fe80::/10"]))
    assert is_allowed(IPv6Address("fe80::1"), parse_networks(["fe80::/10"]))


# Spellings. A part of a number in any base, a number in any count of parts, digits and dots from all over Unicode.


def in_base(draw: st.DrawFn, value: int) -> str:
    text = draw(
        st.sampled_from([f"{value}", f"0x{value:x}", f"0X{value:X}", f"0{value:o}", f"000{value:o}", f"0x00{value:x}"])
    )
    if draw(st.booleans()):
        full = draw(st.sampled_from([0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7F6]))
        text = "".join(chr(full + int(c)) if c.isdecimal() and draw(st.booleans()) else c for c in text)
    return text


@st.composite
def spellings(draw: st.DrawFn, addresses: st.SearchStrategy[IPv4Address | IPv6Address]) -> str:
    """An IPv4 address as some resolver or browser might still understand it."""
    number = int(draw(addresses))
    parts = draw(st.integers(1, 4))
    bits = {1: [32], 2: [8, 24], 3: [8, 8, 16], 4: [8, 8, 8, 8]}[parts]
    values, left = [], 32
    for width in bits:
        left -= width
        values.append(number >> left & ((1 << width) - 1))
    dot = draw(st.sampled_from([".", ".", "\u3002", "\uff0e", "\uff61", "%2e"]))
    end = draw(st.sampled_from(["", "", ".", "\u3002"]))
    return dot.join(in_base(draw, value) for value in values) + end


@given(spellings(forbidden_v4))
def test_no_spelling_of_a_forbidden_address_passes(host: str) -> None:
    with pytest.raises(InputImageRejected):
        check_url(f"http://{host}/", FetchPolicy())


@given(spellings(st.ip_addresses(v=4)))
def test_a_spelling_that_passes_has_become_the_plain_one(host: str) -> None:
    with suppress(InputImageRejected):
        target = check_url(f"http://{host}/", FetchPolicy())
        assert str(IPv4Address(target.host)) == target.host
        assert is_public(IPv4Address(target.host))


@st.composite
def spellings_v6(draw: st.DrawFn) -> str:
    address = draw(st.one_of(forbidden_v6, forbidden_v4.flatmap(lambda v4: st.sampled_from(embed(v4)))))
    low = ".".join(str(byte) for byte in address.packed[12:])
    head = ":".join(f"{int.from_bytes(address.packed[i : i + 2], 'big'):x}" for i in range(0, 12, 2))
    text = draw(st.sampled_from([str(address), address.exploded, f"{head}:{low}"]))
    return text.upper() if draw(st.booleans()) else text


@given(spellings_v6())
def test_no_spelling_of_a_forbidden_ipv6_address_passes(text: str) -> None:
    with pytest.raises(InputImageRejected):
        check_url(f"http://[{text}]/", FetchPolicy())


@given(st.text("0123456789abcdefxX.", min_size=1, max_size=24))
@example("0x7f.1")
@example("017700000001")
@example("1.1.1.1")
def test_what_the_operating_system_reads_as_an_address_is_one_or_is_refused(host: str) -> None:
    """A name the C library takes for an IPv4 number must never count as a name."""
    try:
        number = socket.inet_aton(host)
    except OSError:
        return
    with suppress(InputImageRejected):
        assert check_url(f"http://{host}/", FetchPolicy()).host == str(IPv4Address(number))


@given(st.text(min_size=1, max_size=12))
def test_any_text_as_host_gives_a_plain_name_or_a_refusal(host: str) -> None:
    with suppress(InputImageRejected):
        target = check_url(f"http://{host}.example.com/", FetchPolicy())
        assert re.fullmatch(r"[a-z0-9_.-]+", target.host)
