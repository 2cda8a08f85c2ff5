"""Reads every mark of a picture back and says in words what they amount to.

Called by the command line and the API with files from anywhere. Only what is signed proves anything; a watermark is
strong evidence, tags are a hint, and finding nothing means nothing.
"""

from dataclasses import dataclass

import numpy as np

from castlist.provenance import credentials, tags, watermark
from castlist.provenance.credentials import Credentials
from castlist.provenance.facts import spell
from castlist.provenance.tags import Tags
from castlist.provenance.watermark import Pixels, Reading
from castlist.vision import picture
from castlist.vision.picture import Decode, Picture

_LARGEST_PX = 2048
"""Longest side the watermark is looked for at."""
_BY_MACHINE = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicMedia",
    "algorithmicallyEnhanced",
)
"""Digital source types that mean a machine had a hand in it. Source: IPTC NewsCodes."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a file.

    conclusion: one sentence. findings: one sentence for each kind of mark.
    number: as spelled, of the watermark or else of valid credentials.
    machine_made: whether a mark says that a machine made it; None when nothing says either.
    """

    format: str
    width_px: int
    height_px: int
    conclusion: str
    findings: tuple[str, ...]
    machine_made: bool | None
    number: str | None
    credentials: Credentials
    watermark: Reading
    tags: Tags | None


def inspect(data: bytes, *, anchors: bytes = b"", thorough: bool = False, decode: Decode = picture.decode) -> Report:
    """Look for credentials, watermark and tags in a picture file.

    Args:
        data: a PNG, JPEG, WebP or GIF file of unknown origin.
        anchors: certificates to trust, PEM, such as the installation's `Issuer.anchor`.
        thorough: also search for the watermark of cropped and resized pictures, which takes a second more.
        decode: what decodes the pixels.

    Raises: InputImageRejected for what is no picture; nothing else, however broken the marks are.
    """
    opened = decode(data, max_side=_LARGEST_PX)
    signed = credentials.verify(data, anchors)
    found = watermark.read(_with_alpha(opened), thorough=thorough)
    written = tags.read(data)
    source = _source_type(signed, written)
    return Report(
        format=opened.format,
        width_px=opened.width,
        height_px=opened.height,
        conclusion=_conclude(signed, found, written),
        findings=(_of_credentials(signed), _of_watermark(found), _of_tags(written)),
        machine_made=found.found or (None if source is None else source.rpartition("/")[2] in _BY_MACHINE),
        number=_number(signed, found),
        credentials=signed,
        watermark=found,
        tags=written,
    )


def _with_alpha(opened: Picture) -> Pixels:
    if opened.alpha is None:
        return opened.pixels
    alpha = np.rint(opened.alpha * 255).astype(np.uint8)
    return np.concatenate([opened.pixels, alpha[..., None]], 2)


def _holds(signed: Credentials) -> bool:
    return signed.state in ("trusted", "unknown_signer")


def _spelled(found: Reading) -> str | None:
    return None if found.number is None else spell(found.number)


def _number(signed: Credentials, found: Reading) -> str | None:
    return _spelled(found) or (signed.number if _holds(signed) else None)


def _source_type(signed: Credentials, written: Tags | None) -> str | None:
    if _holds(signed) and signed.source_type:
        return signed.source_type
    return written.source_type if written else None


def _swapped(signed: Credentials, found: Reading) -> bool:
    """Tell whether valid credentials speak of another mark than the pixels carry."""
    return _holds(signed) and None not in (signed.number, found.number) and signed.number != _spelled(found)


def _conclude(signed: Credentials, found: Reading, written: Tags | None) -> str:
    mark = _spelled(found)
    if _holds(signed):
        return _conclude_signed(signed, found)
    if signed.state != "absent":
        also = f" Its pixels come from castlist's picture {mark}." if mark else ""
        return f"Changed after it was signed: what its credentials say holds no longer.{also}"
    if mark:
        return f"Made with castlist, picture {mark}; saved anew since, which took its credentials away."
    if written and written.source_type:
        return "Only unsigned tags speak of its making, which anybody can write or remove."
    return "Nothing tells who or what made it. That proves nothing: marks can be removed."


def _conclude_signed(signed: Credentials, found: Reading) -> str:
    if _swapped(signed, found):
        return f"Do not trust it: its credentials name picture {signed.number}, its pixels are {_spelled(found)}."
    if signed.state == "trusted":
        return f"Made with {signed.software or 'unnamed software'}, signed by an issuer trusted here, unchanged since."
    return f"Signed by {signed.signer or 'somebody unnamed'}, whom nobody here vouches for; unchanged since."


def _of_credentials(signed: Credentials) -> str:
    problems = f" ({', '.join(signed.problems)})" if signed.problems else ""
    made = ", ".join(filter(None, (signed.software, signed.engine, signed.model, signed.made_at)))
    match signed.state:
        case "absent":
            return "Credentials: none."
        case "unreadable":
            return "Credentials: damaged beyond reading."
        case "tampered":
            return f"Credentials: broken{problems}."
        case "trusted":
            return f"Credentials: valid, from a trusted issuer, {signed.signer}: {made}."
        case "unknown_signer":
            return f"Credentials: valid, signed by {signed.signer}, not a trusted issuer: {made}."


def _of_watermark(found: Reading) -> str:
    mark = _spelled(found)
    return f"Watermark: {mark}, {found.strength:.1f} standard deviations." if mark else "Watermark: none found."


def _of_tags(written: Tags | None) -> str:
    if written is None:
        return "Tags: none about its making."
    source = (written.source_type or "").rpartition("/")[2]
    return f"Tags: {', '.join(filter(None, (source, written.tool, written.system, written.credit)))}."
