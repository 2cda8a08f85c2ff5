"""Which URLs a stranger may make us fetch. Pure: reads text, resolves nothing, opens nothing.

A URL is taken apart here once, strictly, and put together again in one canonical spelling, so that no later parser
can read it differently: the fetcher is handed the parts, never the text. Called by `fetch` for the first URL and again
for each redirect.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from castlist.domain.errors import InputImageRejected
from castlist.net.addresses import Address, Network, is_allowed, parse_networks

MAX_URL_CHARS = 8192
DEFAULT_PORTS = {"http": 80, "https": 443}
# Source: RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476, ICANN's .internal, and suffixes that home and office
# routers hand out. None of them can hold a public host.
_LOCAL_SUFFIXES = frozenset(
    {"alt", "arpa", "cluster", "consul", "corp", "docker", "domain", "home", "internal", "intranet", "invalid", "lan"}
    | {"local", "localdomain", "localhost", "onion", "private", "svc", "test", "workgroup"}
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")

NOT_PUBLIC = "The picture's URL points to an address that is not public."


@dataclass(frozen=True, kw_only=True)
class FetchPolicy:
    """What the operator lets the fetcher do. Plain values; `settings` fills them in.

    `allow_hosts` holds `name` or `name:port`; such a name may be a local one and may resolve to a private address. IPv6
    addresses belong into `allow_networks`.
    Raises ValueError when an entry of `allow_networks` is no network.
    """

    allow_networks: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = (80, 443)
    max_bytes: int = 20_000_000
    timeout_s: float = 10.0
    max_redirects: int = 3
    networks: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "networks", parse_networks(self.allow_networks))
        object.__setattr__(self, "allow_hosts", tuple(entry.lower().rstrip(".") for entry in self.allow_hosts))

    def trusts(self, host: str, port: int) -> bool:
        """Say whether the operator listed this host by name."""
        return ":" not in host and (host in self.allow_hosts or f"{host}:{port}" in self.allow_hosts)

    def permits(self, address: Address, host: str, port: int) -> bool:
        """Say whether `host` at `port` may be reached at this address."""
        return is_allowed(address, self.networks, trusted_name=self.trusts(host, port))


@dataclass(frozen=True)
class Target:
    """A checked URL in parts: `host` is a lower-case ASCII name or a canonical address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    """Path and query, percent-encoded ASCII, starting with a slash."""

    @property
    def address(self) -> Address | None:
        """The address when the URL names one directly."""
        if ":" in self.host:
            return IPv6Address(self.host)
        return IPv4Address(self.host) if _is_numeric(self.host) else None

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port: what goes into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The one canonical spelling."""
        return f"{self.scheme}://{self.authority}{self.path}"


def check_url(url: str, policy: FetchPolicy) -> Target:
    """Take a URL apart and refuse everything a picture's public address has no use for.

    Returns: the parts, host and port allowed by name or by literal address; a name's addresses are checked later, by
        the backend, on the very answer it connects to.
    Raises: InputImageRejected with one sentence.
    """
    if len(url) > MAX_URL_CHARS:
        raise InputImageRejected(f"The picture's URL is longer than {MAX_URL_CHARS:,} characters.")
    if any(char in " \\" or not char.isprintable() for char in url):
        raise InputImageRejected("The picture's URL contains a space, a backslash or a control character.")
    parts = _URL.fullmatch(url)
    if parts is None or (scheme := parts["scheme"].lower()) not in DEFAULT_PORTS:
        raise InputImageRejected("The picture's URL must start with http:// or https://, or be a data: URI.")
    host, port = _authority(parts["authority"], scheme)
    _check_port(host, port, policy)
    target = parts["target"] if parts["target"].startswith("/") else f"/{parts['target']}"
    checked = Target(scheme, host, port, quote(target, safe="/?:@!$&'()*+,;=-._~%[]"))
    address = checked.address
    if address is not None:
        if not policy.permits(address, host, port):
            raise InputImageRejected(NOT_PUBLIC)
    elif not policy.trusts(host, port):
        _check_public_name(host)
    return checked


def _authority(text: str, scheme: str) -> tuple[str, int]:
    """Read `host[:port]`, nothing else: no credentials, no zone, no percent-encoding."""
    if "@" in text:
        raise InputImageRejected("The picture's URL must not contain a user name or password.")
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise InputImageRejected("The picture's URL has no valid host.")
    port = int(parts["port"]) if parts["port"] else DEFAULT_PORTS[scheme]
    return (_literal_v6(parts["host"]) if parts["host"].startswith("[") else _host_name(parts["host"])), port


def _literal_v6(text: str) -> str:
    try:
        return str(IPv6Address(text[1:-1]))
    except ValueError:
        raise InputImageRejected("The picture's URL has no valid host.") from None


def _host_name(text: str) -> str:
    """Bring a name into its ASCII form, then judge that form: full-width digits and dots become plain ones here."""
    host = text.lower()
    if not host.isascii():
        import idna

        try:
            host = idna.encode(text, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            raise InputImageRejected("The picture's URL has no valid host.") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InputImageRejected("The picture's URL has no valid host.")
    if _is_numeric(host):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise InputImageRejected("The picture's URL spells its address in an unusual form.") from None
    return host


def _is_numeric(host: str) -> bool:
    """Say whether any resolver might read a name as an IPv4 number: its last label is a number.

    Source: WHATWG URL, "ends in a number checker"; `inet_aton` takes the same forms.
    """
    return _NUMBER.fullmatch(host.rsplit(".", 1)[-1]) is not None


def _check_port(host: str, port: int, policy: FetchPolicy) -> None:
    if port not in policy.allow_ports and f"{host}:{port}" not in policy.allow_hosts:
        allowed = " and ".join(str(number) for number in policy.allow_ports)
        raise InputImageRejected(f"The picture's URL uses port {port}; allowed are {allowed}.")


def _check_public_name(host: str) -> None:
    labels = host.split(".")
    if len(labels) < 2 or not labels[-1][0].isalpha() or labels[-1] in _LOCAL_SUFFIXES:
        raise InputImageRejected(NOT_PUBLIC)


def endpoint(url: str) -> tuple[str, ...]:
    """Return `host:port` of an operator's own URL, as an entry for `allow_hosts`; empty when it has no valid host."""
    parts = _URL.fullmatch(url)
    if parts is None or (scheme := parts["scheme"].lower()) not in DEFAULT_PORTS:
        return ()
    try:
        host, port = _authority(parts["authority"], scheme)
    except InputImageRejected:
        return ()
    return (f"{host}:{port}",)
