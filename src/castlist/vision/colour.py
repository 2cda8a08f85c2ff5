"""Bring a decoded picture's colours into sRGB. Pure; called by `picture`, knows nothing of files."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}
_CLASSES = (b"mntr", b"scnr", b"prtr", b"spac")


def to_srgb(image: "Image", profile: bytes | None) -> "Image":
    """Convert RGB, L or CMYK to sRGB by the embedded profile, or by the plain rules when it is absent or unfit.

    Args:
        image: mode RGB, L or CMYK, 8 bits.
        profile: ICC data as found in the file, untrusted.
    Returns: mode RGB.
    """
    if profile is not None and is_sane(profile, image.mode):
        converted = _by_profile(image, profile)
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def is_sane(profile: bytes, mode: str) -> bool:
    """Say whether a profile's header fits the picture: its length, signature, class and colour space.

    Source: ICC.1:2022 7.2, profile header.
    """
    return (
        len(profile) >= 132
        and int.from_bytes(profile[:4], "big") == len(profile)
        and profile[36:40] == b"acsp"
        and profile[12:16] in _CLASSES
        and profile[16:20] == _SPACES.get(mode)
        and profile[20:24] in (b"XYZ ", b"Lab ")
    )


def _by_profile(image: "Image", profile: bytes) -> "Image | None":
    from io import BytesIO

    from PIL import ImageCms

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), image.mode, "RGB"
        )
        if image.mode == "RGB" and _changes_nothing(transform):
            return image
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _changes_nothing(transform: object) -> bool:
    """Say whether a transform changes no colour of a grid by more than one level: most profiles are sRGB."""
    import numpy as np
    from PIL import Image, ImageCms

    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    probe = ImageCms.applyTransform(Image.fromarray(grid), transform)  # pyright: ignore[reportArgumentType]
    return probe is not None and int(np.abs(np.asarray(probe).astype(int) - grid).max()) <= 1
