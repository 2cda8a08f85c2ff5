"""Credentials verify, and every way of cheating with them shows."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random

import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from numpy.typing import NDArray

from castlist.provenance import credentials
from castlist.provenance import issuer as issuers
from castlist.provenance.facts import Facts, SourceType, spell
from castlist.provenance.issuer import Issuer
from castlist.vision import picture

Pixels = NDArray[np.uint8]
NOW = datetime.now(UTC)
FORMATS = ("png", "jpg", "webp")


@pytest.fixture(scope="module")
def plain(picture_of: Callable[[str], Pixels]) -> dict[str, bytes]:
    return {format: picture.encode(picture_of("thumbnail"), format) for format in FORMATS}  # type: ignore[arg-type]


@pytest.fixture
def signed(plain: dict[str, bytes], facts: Facts, issuer: Issuer) -> dict[str, bytes]:
    return {format: credentials.sign(plain[format], format, facts, issuer, watermarked=True) for format in FORMATS}


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_signed_verifies_and_says_everything(
    signed: dict[str, bytes], plain: dict[str, bytes], facts: Facts, issuer: Issuer, format: str
) -> None:
    found = credentials.verify(signed[format], issuer.anchor)
    assert found == credentials.Credentials(
        "trusted",
        signer="castlist",
        software=facts.software,
        source_type=str(SourceType.COMPOSITE),
        engine="studio",
        model="studio-1",
        made_at="2026-11-22T12:00:00+00:00",
        number=spell(facts.number),
    )
    assert (picture.decode(signed[format]).pixels == picture.decode(plain[format]).pixels).all()
    assert len(signed[format]) - len(plain[format]) < 6000
    assert credentials.carries(signed[format])
    assert not credentials.carries(plain[format])


def test_the_manifest_is_what_other_software_expects(signed: dict[str, bytes], facts: Facts) -> None:
    store = json.loads(c2pa.Reader("image/png", BytesIO(signed["png"])).json())
    manifest = store["manifests"][store["active_manifest"]]
    assertions = {entry["label"]: entry["data"] for entry in manifest["assertions"]}
    created, watermarked = assertions["c2pa.actions.v2"]["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert created["softwareAgent"]["name"] == "castlist"
    assert watermarked["action"] == "c2pa.watermarked.bound"
    assert assertions["c2pa.soft-binding"]["blocks"][0]["value"] == spell(facts.number)
    assert manifest["claim_version"] == 2


def test_no_watermark_is_claimed_that_is_not_there(plain: dict[str, bytes], facts: Facts, issuer: Issuer) -> None:
    data = credentials.sign(plain["jpg"], "jpg", facts, issuer, watermarked=False)
    assert credentials.verify(data, issuer.anchor).number is None


def test_nobody_is_trusted_who_was_not_named(signed: dict[str, bytes]) -> None:
    assert credentials.verify(signed["png"]).state == "unknown_signer"
    found = credentials.verify(signed["png"], issuers.create(NOW).anchor)
    assert found.state == "unknown_signer"
    assert "signingCredential.untrusted" in found.problems


@pytest.mark.parametrize("format", FORMATS)
def test_a_changed_pixel_shows(signed: dict[str, bytes], issuer: Issuer, format: str) -> None:
    changed = bytearray(signed[format])
    changed[-2000 if format == "png" else 9000] ^= 1
    found = credentials.verify(bytes(changed), issuer.anchor)
    assert found.state == "tampered"
    assert "assertion.dataHash.mismatch" in found.problems


@pytest.mark.parametrize("format", FORMATS)
def test_a_changed_statement_shows(signed: dict[str, bytes], issuer: Issuer, format: str) -> None:
    changed = signed[format].replace(b"compositeWithTrained", b"compositeCapture....")
    assert changed != signed[format]
    assert credentials.verify(changed, issuer.anchor).state == "tampered"


def test_credentials_of_another_picture_show(signed: dict[str, bytes], plain: dict[str, bytes], issuer: Issuer) -> None:
    at = signed["png"].index(b"caBX") - 4
    length = int.from_bytes(signed["png"][at : at + 4], "big") + 12
    other = picture.encode(255 - picture.decode(plain["png"]).pixels, "png")
    found = credentials.verify(other[:33] + signed["png"][at : at + length] + other[33:], issuer.anchor)
    assert found.state == "tampered"


@pytest.mark.parametrize("format", FORMATS)
def test_none_is_absent(plain: dict[str, bytes], issuer: Issuer, format: str) -> None:
    assert credentials.verify(plain[format], issuer.anchor) == credentials.Credentials("absent")


def test_broken_ones_never_raise_and_never_pass(signed: dict[str, bytes], issuer: Issuer) -> None:
    random = Random(3)
    for format in FORMATS:
        data = signed[format]
        start = data.index(b"jumb")
        for _ in range(60):
            changed = bytearray(data)
            for _ in range(20):
                changed[start + random.randrange(1500)] ^= 1 + random.randrange(255)
            assert credentials.verify(bytes(changed), issuer.anchor).state in ("tampered", "unreadable", "absent")
        for end in (start + 4, start + 700, start + 2900):
            assert credentials.verify(data[:end], issuer.anchor).state in ("tampered", "unreadable", "absent")


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n" + b"\xff" * 99, b"GIF89a", b"RIFF\0\0\0\0WEBP"]
)
def test_garbage_has_no_credentials(data: bytes) -> None:
    assert credentials.verify(data).state in ("absent", "unreadable")


def test_a_stranger_can_write_what_he_likes_but_not_to_the_terminal(plain: dict[str, bytes], issuer: Issuer) -> None:
    evil = Facts("\x1b[2J" + "e" * 5000, "m\nm", SourceType.GENERATED, 1)
    found = credentials.verify(credentials.sign(plain["png"], "png", evil, issuer, watermarked=True))
    assert found.engine == "[2J" + "e" * 197
    assert found.model == "mm"


def test_credentials_of_a_reference_are_kept_as_ingredient(
    signed: dict[str, bytes], plain: dict[str, bytes], facts: Facts, issuer: Issuer
) -> None:
    data = credentials.sign(plain["jpg"], "jpg", facts, issuer, watermarked=True, ingredients=[signed["png"]])
    assert credentials.verify(data, issuer.anchor).ingredients == 1
    store = json.loads(c2pa.Reader("image/jpeg", BytesIO(data)).json())
    [ingredient] = store["manifests"][store["active_manifest"]]["ingredients"]
    assert ingredient["relationship"] == "inputTo"
    assert ingredient["active_manifest"] in store["manifests"]


def test_a_time_stamping_service_that_does_not_answer_is_an_error(
    plain: dict[str, bytes], facts: Facts, issuer: Issuer
) -> None:
    with pytest.raises(ValueError, match="could not be signed"):
        credentials.sign(plain["jpg"], "jpg", facts, issuer, watermarked=True, timestamp_url="http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
    ],
)
def test_an_operators_own_key_signs(
    plain: dict[str, bytes],
    facts: Facts,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    algorithm: str,
) -> None:
    theirs = issuers.load(operators_pem(key))
    assert theirs.algorithm == algorithm
    found = credentials.verify(credentials.sign(plain["png"], "png", facts, theirs, watermarked=True), theirs.anchor)
    assert found.state == "trusted"
    assert found.signer == "An operator"


def operators_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """Make what an operator would bring: his key, its certificate and that of his authority."""
    authority = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An operator")])
    above = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An authority")])

    def draft(subject: x509.Name, public: object) -> x509.CertificateBuilder:
        serial = x509.random_serial_number()
        return x509.CertificateBuilder(above, subject, public, serial, NOW - timedelta(9), NOW + timedelta(99))  # type: ignore[arg-type]

    def usage(*, signs: bool) -> x509.KeyUsage:
        return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)

    root = draft(above, authority.public_key())
    root = root.add_extension(x509.BasicConstraints(True, None), True).add_extension(usage(signs=False), True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    leaf = draft(name, key.public_key()).add_extension(usage(signs=True), True)
    leaf = leaf.add_extension(x509.BasicConstraints(False, None), True)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)
    certificates = [
        leaf.sign(authority, hashes.SHA256()),
        root.add_extension(identifier, False).sign(authority, hashes.SHA256()),
    ]
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + b"".join(certificate.public_bytes(pem) for certificate in certificates)
