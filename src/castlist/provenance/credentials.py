"""Signed C2PA content credentials: who made a picture, with what, and whether it was changed since.

Called by `mark` and `inspect`; the only module that knows the c2pa library. It never opens a connection, but for the
time-stamping service an operator names: no remote manifest, no revocation list is fetched.

Source: C2PA Technical Specification 2.2, 18 (assertions, actions); c2pa-python 0.38.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from castlist.provenance.facts import Facts, spell
from castlist.provenance.issuer import PURPOSES, Issuer
from castlist.provenance.words import plain

if TYPE_CHECKING:
    from c2pa import Context

State = Literal["absent", "trusted", "unknown_signer", "tampered", "unreadable"]

MIME = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
WATERMARK = "castlist.watermark.1"
_ENGINE, _MODEL = "castlist.engine", "castlist.model"
_BOX = b"jumdc2pa"
_MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a picture's credentials say and whether they hold. All text is from outside, made plain.

    state: `absent`; `trusted` and `unknown_signer` both mean unchanged since it was signed; `tampered`: the picture or
        what is said of it was changed afterwards; `unreadable`: there is something, but no credentials.
    number: as spelled, the watermark they say the pixels carry. ingredients: how many pictures it was made from are
        named. problems: the library's codes.
    """

    state: State
    signer: str | None = None
    software: str | None = None
    source_type: str | None = None
    engine: str | None = None
    model: str | None = None
    made_at: str | None = None
    number: str | None = None
    ingredients: int = 0
    problems: tuple[str, ...] = ()


def carries(data: bytes) -> bool:
    """Tell quickly whether a file seems to have credentials, so that it should be kept as an ingredient."""
    return _BOX in data


def sign(
    data: bytes,
    format: str,
    facts: Facts,
    issuer: Issuer,
    *,
    watermarked: bool,
    ingredients: Sequence[bytes] = (),
    timestamp_url: str | None = None,
) -> bytes:
    """Return a picture file with signed credentials.

    Args:
        format: `png`, `jpg` or `webp`, what `data` is.
        watermarked: whether the pixels carry the number of `facts`.
        ingredients: files of the pictures it was made from; their own credentials are kept with it.
        timestamp_url: of an RFC 3161 service that confirms the time; None asks nobody.

    Returns: another file at every call, because signatures and their ids are random; the pixels are the same.
    Raises: ValueError when the issuer, an ingredient or the service is of no use.
    """
    import c2pa

    try:
        info = c2pa.C2paSignerInfo(issuer.algorithm.encode(), issuer.chain, issuer.key, _address(timestamp_url))
        signed = BytesIO()
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(_manifest(format, facts, watermarked)), context=_context()) as builder,
        ):
            for ingredient in ingredients:
                about = {"title": "reference", "relationship": "inputTo"}
                builder.add_ingredient_from_stream(about, _mime_of(ingredient), BytesIO(ingredient))
            builder.sign(signer, MIME[format], BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise ValueError(f"The picture could not be signed: {plain(str(error))}") from None
    return signed.getvalue()


def verify(data: bytes, anchors: bytes = b"") -> Credentials:
    """Read a file's credentials and check them.

    Args:
        data: a PNG, JPEG, WebP or GIF file from anywhere.
        anchors: certificates to trust, PEM; an `Issuer.anchor`, a published trust list or both.

    Never raises on broken data.
    """
    import c2pa

    try:
        with c2pa.Reader(_mime_of(data), BytesIO(data), context=_context(anchors)) as reader:
            store, state = json.loads(reader.json()), reader.get_validation_state()
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        absent = "ManifestNotFound" in type(error).__name__
        return Credentials("absent" if absent and not carries(data) else "unreadable")
    return _told(store, state)


def _manifest(format: str, facts: Facts, watermarked: bool) -> dict[str, Any]:
    agent = {"name": "castlist", "version": facts.version}
    created: dict[str, Any] = {
        "action": "c2pa.created",
        "softwareAgent": agent,
        "digitalSourceType": str(facts.source_type),
        "parameters": {_ENGINE: facts.engine, _MODEL: facts.model},
    }
    if facts.made_at is not None:
        created["when"] = facts.made_at.isoformat(timespec="seconds")
    actions, assertions = [created], list[dict[str, Any]]()
    if watermarked:
        actions.append({"action": "c2pa.watermarked.bound", "softwareAgent": agent})
        binding = {"alg": WATERMARK, "blocks": [{"scope": {}, "value": spell(facts.number)}]}
        assertions.append({"label": "c2pa.soft-binding", "data": binding})
    assertions.insert(0, {"label": "c2pa.actions.v2", "data": {"actions": actions}})
    return {
        "claim_generator_info": [agent],
        "title": f"castlist {spell(facts.number)}",
        "format": MIME[format],
        "assertions": assertions,
    }


def _context(anchors: bytes = b"") -> "Context":
    """Return the library's settings for one call: our trust, no network, no thumbnails, no second check of our own."""
    import c2pa

    settings: dict[str, Any] = {
        "version": 1,
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if anchors:
        settings["trust"] = {"trust_anchors": anchors.decode("ascii"), "trust_config": "\n".join(PURPOSES)}
    return c2pa.Context.from_dict(settings)


def _address(url: str | None) -> bytes | None:
    return url.encode() if url else None


def _mime_of(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return MIME["png"]
    if data.startswith(b"GIF8"):
        return "image/gif"
    return MIME["webp"] if data.startswith(b"RIFF") else MIME["jpg"]


def _told(store: Any, state: str | None) -> Credentials:
    """Pick what matters from the library's report; its contents come from a stranger and may have any shape."""
    manifest = _dig(store, "manifests", _dig(store, "active_manifest"))
    failures = [
        _text(_dig(failure, "code"))
        for failure in _list(_dig(store, "validation_results", "activeManifest", "failure"))
    ]
    problems = tuple(code for code in failures if code)[:_MAX_PROBLEMS]
    assertions = {_text(_dig(entry, "label")): _dig(entry, "data") for entry in _list(_dig(manifest, "assertions"))}
    actions = _list(_dig(assertions.get("c2pa.actions.v2", assertions.get("c2pa.actions")), "actions"))
    made = next((action for action in actions if _dig(action, "digitalSourceType")), None)
    agent = _dig(manifest, "claim_generator_info", 0)
    software = " ".join(filter(None, (_text(_dig(agent, "name")), _text(_dig(agent, "version"))))) or None
    binding = assertions.get("c2pa.soft-binding")
    ours = _dig(binding, "alg") == WATERMARK
    outcome: dict[str | None, State] = {"Trusted": "trusted", "Valid": "unknown_signer"}
    return Credentials(
        outcome.get(state, "tampered"),
        signer=_text(_dig(manifest, "signature_info", "issuer")),
        software=software,
        source_type=_text(_dig(made, "digitalSourceType")),
        engine=_text(_dig(made, "parameters", _ENGINE)),
        model=_text(_dig(made, "parameters", _MODEL)),
        made_at=_text(_dig(manifest, "signature_info", "time")) or _text(_dig(made, "when")),
        number=_text(_dig(binding, "blocks", 0, "value")) if ours else None,
        ingredients=len(_list(_dig(manifest, "ingredients"))),
        problems=problems,
    )


def _dig(value: Any, *path: Any) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return plain(value) or None if isinstance(value, str) else None
