"""Identifiers and API keys: how they look and how a typo is recognised. Randomness comes from `secrets`."""

import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_PREFIX = "cl_live_"
KEY_RANDOM_CHARS = 36  # 62**36 is about 214 bits
KEY_CHECKSUM_CHARS = 6


def random_text(length: int) -> str:
    """Return `length` random characters of [0-9A-Za-z], 5.95 bits each."""
    # A number so large that the unevenness of its last digits is beyond measure: over 64 bits more than they hold.
    return _in_base_62(int.from_bytes(secrets.token_bytes(length + 8)), length)


def new_id(prefix: str) -> str:
    """Return an unguessable id such as `job_4fZ…`: prefix, underscore, 22 random characters (131 bits)."""
    return f"{prefix}_{random_text(22)}"


def new_key() -> str:
    """Return a fresh API key: prefix, random part, checksum of the two."""
    body = KEY_PREFIX + random_text(KEY_RANDOM_CHARS)
    return body + checksum(body)


def checksum(body: str) -> str:
    """Return the CRC-32 of `body` as six base-62 characters, so that typos and look-alikes need no look-up."""
    return _in_base_62(zlib.crc32(body.encode()), KEY_CHECKSUM_CHARS)


def is_well_formed(key: str) -> bool:
    """Tell whether `key` has the shape and checksum of one of ours."""
    expected = len(KEY_PREFIX) + KEY_RANDOM_CHARS + KEY_CHECKSUM_CHARS
    if len(key) != expected or not key.startswith(KEY_PREFIX) or not key.isascii():
        return False
    return checksum(key[:-KEY_CHECKSUM_CHARS]) == key[-KEY_CHECKSUM_CHARS:]


def _in_base_62(value: int, digits: int) -> str:
    """Return the last digits of a number."""
    text = ""
    for _ in range(digits):
        value, digit = divmod(value, 62)
        text = ALPHABET[digit] + text
    return text
