"""Plain IPTC and XMP tags: what photo software shows and searches, unsigned, so anybody can write or remove them.

Called by `mark` and `inspect`.

Source: IPTC Photo Metadata Standard 2025.1 (Digital Source Type, AI System Used, AI System Version Used; read
2026-11), XMP Specification Part 1.
"""

import re
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from castlist.provenance import packets
from castlist.provenance.facts import Facts, spell
from castlist.provenance.words import plain

_SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_CREDIT = "Made with AI by castlist"


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a picture that speak of its making; None for each that is missing. Text from outside, made plain."""

    source_type: str | None = None
    tool: str | None = None
    credit: str | None = None
    system: str | None = None
    system_version: str | None = None
    number: str | None = None


def write(data: bytes, facts: Facts) -> bytes:
    """Return a PNG, JPEG or WebP file of ours with tags in it; the same facts give the same bytes."""
    return packets.insert(data, _packet(facts))


def read(data: bytes) -> Tags | None:
    """Return the tags of any file, None when it has none of them; never raises."""
    packet = packets.extract(data)
    if packet is None:
        return None
    text = packet.decode("utf-8", "replace")
    tags = Tags(
        source_type=_find(text, "Iptc4xmpExt:DigitalSourceType"),
        tool=_find(text, "xmp:CreatorTool"),
        credit=_find(text, "photoshop:Credit"),
        system=_find(text, "Iptc4xmpExt:AISystemUsed"),
        system_version=_find(text, "Iptc4xmpExt:AISystemVersionUsed"),
        number=_find(text, "dc:identifier"),
    )
    return tags if tags != Tags() else None


def _packet(facts: Facts) -> bytes:
    """Write the packet in the simplest form, every property an attribute; not padded, because nobody edits it here."""
    properties = {
        "Iptc4xmpExt:DigitalSourceType": str(facts.source_type),
        "Iptc4xmpExt:AISystemUsed": facts.engine,
        "Iptc4xmpExt:AISystemVersionUsed": facts.model,
        "xmp:CreatorTool": facts.software,
        "photoshop:Credit": _CREDIT,
        "dc:identifier": f"castlist:{spell(facts.number)}",
    }
    spaces = {prefix: uri for prefix, uri in _SPACES.items() if prefix != "x"}
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    values = "".join(f'\n {name}="{_quote(value)}"' for name, value in properties.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="{_SPACES["x"]}"><rdf:RDF{names}><rdf:Description rdf:about=""{values}/></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _quote(value: str) -> str:
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return "".join(escapes.get(letter, letter) for letter in plain(value))


def _find(text: str, name: str) -> str | None:
    """Read one property, written as attribute or element.

    A pattern is enough for properties that are plain text, and cannot be led astray by entities as an XML parser could.
    """
    found = re.search(rf'<{name}[^>]*>([^<]*)</|\b{name}\s*=\s*(?:"([^"]*)"|\'([^\']*)\')', text)
    value = next((group for group in found.groups() if group is not None), None) if found else None
    return plain(unescape(value, {"&quot;": '"', "&apos;": "'"})) if value else None
