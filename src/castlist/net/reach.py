"""Where a hosted engine's requests may go. Pure; judged by the parser that will send them, so that both read alike."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an engine's requests may go: the scheme, host and port of `base_url`, and `hosts` with everything under
    them over https. Addresses to poll come from the service's answers, so keys must not follow them anywhere."""

    base_url: str
    hosts: tuple[str, ...] = ()

    def covers(self, url: str) -> bool:
        """Say whether a request may be sent to `url`, judged by the parser that will send it."""
        import httpx2

        if any(char in "\\ " or not char.isprintable() for char in url):
            return False
        try:
            there, base = httpx2.URL(url), httpx2.URL(self.base_url)
        except (httpx2.InvalidURL, ValueError, TypeError):
            return False
        if there.userinfo or not there.host:
            return False
        if (there.scheme, there.host, _port(there)) == (base.scheme, base.host, _port(base)):
            return True
        named = any(there.host == host or there.host.endswith(f".{host}") for host in self.hosts)
        return named and there.scheme == "https" and _port(there) == 443


def _port(url: "httpx2.URL") -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)
