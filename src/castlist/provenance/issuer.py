"""The key and certificates that sign credentials: made once by an installation for itself, or an operator's own.

Values in, values out: the caller keeps the PEM text, readable by its owner alone, in the data folder or wherever all
its workers see it. Called by `bootstrap` and `credentials`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate, CertificateBuilder, ExtensionType, KeyUsage, Name

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.DOTALL)
_CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
PURPOSES = (_CLAIM_SIGNING, "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")
"""Key purposes that may sign credentials: C2PA claim signing, e-mail protection, document signing.

Source: C2PA Technical Specification 2.2, 14.5.1."""
_YEARS = 10


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: a private key and its certificate chain, both PEM. The key's own certificate comes first."""

    key: bytes
    chain: bytes

    @property
    def pem(self) -> bytes:
        """Key and chain in one text, as `load` reads it. Secret."""
        return self.key + self.chain

    @property
    def anchor(self) -> bytes:
        """The chain's last certificate: whoever trusts it trusts what this issuer signs. Public."""
        return [block.group() for block in _BLOCK.finditer(self.chain)][-1]

    @property
    def ends(self) -> datetime:
        """When the key's own certificate stops being good."""
        from cryptography import x509

        return x509.load_pem_x509_certificate(self.chain).not_valid_after_utc

    @property
    def algorithm(self) -> str:
        """The signature's name in C2PA: es256, es384, es512, ps256 or ed25519."""
        return _algorithm(_load_key(self.key))


def create(now: datetime) -> Issuer:
    """Make a root certificate, a signing certificate under it and its P-256 key, all good for ten years.

    The root's own key is thrown away: nothing else can ever be signed in its name.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("castlist installation"), _name("castlist")
    root = _certificate(_draft(root_name, root_key, root_name, now), _root_uses(root_key), root_key)
    leaf = _certificate(_draft(name, key, root_name, now), _leaf_uses(key, root_key), root_key)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Issuer(secret, leaf.public_bytes(pem) + root.public_bytes(pem))


def load(pem: bytes) -> Issuer:
    """Read key and certificates from PEM text, in any order of the two.

    Raises: ValueError, one sentence, when a part is missing, the key is of a kind C2PA does not take, or the first
        certificate is not the key's.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    blocks = [(block.group(1), block.group().rstrip(b"\n") + b"\n") for block in _BLOCK.finditer(pem)]
    keys = [text for kind, text in blocks if kind.endswith(b"PRIVATE KEY")]
    chain = [text for kind, text in blocks if kind == b"CERTIFICATE"]
    if len(keys) != 1 or not chain:
        raise ValueError("The signing file needs one private key and its certificates, as PEM text.")
    key = _load_key(keys[0])
    _algorithm(key)
    spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        certificate = x509.load_pem_x509_certificate(chain[0])
    except ValueError:
        raise ValueError("The first certificate of the signing file cannot be read.") from None
    if key.public_key().public_bytes(*spki) != certificate.public_key().public_bytes(*spki):
        raise ValueError("The first certificate of the signing file does not belong to its private key.")
    return Issuer(keys[0], b"".join(chain))


def _load_key(pem: bytes) -> "PrivateKeyTypes":
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise ValueError("The private key of the signing file cannot be read; it must not have a passphrase.") from None


def _algorithm(key: "PrivateKeyTypes") -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        name = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name)
        if name:
            return name
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise ValueError("The private key of the signing file is of a kind that content credentials do not take.")


def _name(common: str) -> "Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "castlist"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _draft(subject: "Name", key: "EllipticCurvePrivateKey", issuer: "Name", now: datetime) -> "CertificateBuilder":
    """Start a certificate; valid from a day ago, because clocks differ."""
    from cryptography import x509

    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=365 * _YEARS),
    )


def _root_uses(key: "EllipticCurvePrivateKey") -> "Iterator[tuple[ExtensionType, bool]]":
    from cryptography import x509

    yield x509.BasicConstraints(ca=True, path_length=0), True
    yield _key_usage(signs="certificates"), True
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False


def _leaf_uses(
    key: "EllipticCurvePrivateKey", root: "EllipticCurvePrivateKey"
) -> "Iterator[tuple[ExtensionType, bool]]":
    from cryptography import x509

    yield x509.BasicConstraints(ca=False, path_length=None), True
    yield _key_usage(signs="data"), True
    yield x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose) for purpose in PURPOSES[:2]]), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False


def _key_usage(signs: Literal["certificates", "data"]) -> "KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=signs == "data",
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs == "certificates",
        crl_sign=signs == "certificates",
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    draft: "CertificateBuilder", uses: "Iterator[tuple[ExtensionType, bool]]", signer: "EllipticCurvePrivateKey"
) -> "Certificate":
    from cryptography.hazmat.primitives import hashes

    for use, critical in uses:
        draft = draft.add_extension(use, critical)
    return draft.sign(signer, hashes.SHA256())
