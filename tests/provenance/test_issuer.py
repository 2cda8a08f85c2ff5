"""An installation's own issuer, and what an operator's must be."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from castlist.provenance import issuer as issuers
from castlist.provenance.issuer import Issuer

NOW = datetime.now(UTC)


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def test_an_issuer_of_its_own_is_kept_as_one_text(issuer: Issuer) -> None:
    assert issuers.load(issuer.pem) == issuer
    assert issuers.load(b"a note before\n" + issuer.chain + b"\n" + issuer.key) == issuer
    assert issuer.algorithm == "es256"
    assert b"PRIVATE" not in issuer.chain + issuer.anchor


def test_its_certificates_hold_for_ten_years_and_belong_together(issuer: Issuer) -> None:
    leaf, root = x509.load_pem_x509_certificates(issuer.chain)
    assert x509.load_pem_x509_certificate(issuer.anchor) == root
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert leaf.not_valid_before_utc < NOW
    assert leaf.not_valid_after_utc > NOW + timedelta(days=3600)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_no_two_installations_share_a_key(issuer: Issuer) -> None:
    other = issuers.create(NOW)
    assert other.key != issuer.key
    assert other.anchor != issuer.anchor


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (b"", "needs one private key"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "does not belong"),
        (pem_of(ec.generate_private_key(ec.SECP256K1())), "of a kind"),
        (pem_of(rsa.generate_private_key(65537, 1024)), "of a kind"),
        (pem_of(ec.generate_private_key(ec.SECP256R1()), b"secret"), "passphrase"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_what_cannot_sign_is_refused_in_words(issuer: Issuer, key: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        issuers.load(key + issuer.chain)


def test_broken_certificates_are_refused(issuer: Issuer) -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    with pytest.raises(ValueError, match="certificate of the signing file cannot be read"):
        issuers.load(issuer.key + broken)
    with pytest.raises(ValueError, match="needs one private key and its certificates"):
        issuers.load(issuer.key)
