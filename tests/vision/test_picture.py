"""Every honest file decodes to the same upright sRGB pixels, whatever its format, depth, profile and orientation."""

import hashlib
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from castlist.domain.errors import InputImageRejected
from castlist.vision.picture import decode, encode

WIDTH, HEIGHT = 90, 60


def scene() -> np.ndarray:
    """A picture with no symmetry at all: ramps and one square off the middle."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 250, WIDTH)[None]
    pixels[..., 1] = np.linspace(0, 250, HEIGHT)[:, None]
    pixels[8:24, 10:40] = (240, 30, 90)
    return pixels


SCENE = scene()
FLAT = np.where((np.arange(WIDTH) < 30)[None, :, None], np.uint8(0), np.uint8(255)) * np.ones((HEIGHT, 1, 3), np.uint8)
GREY = SCENE[..., 0]


def saved(image: Image.Image | np.ndarray, kind: str, **options: object) -> bytes:
    file = BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def png(
    width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 2, interlace: int = 0, **chunks: bytes
) -> bytes:
    """Write a PNG by hand. `pixels` are filtered rows; `chunks` come before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = [(b"IHDR", header), *((name.encode(), data) for name, data in chunks.items())]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, data) for name, data in [*body, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    )


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rows(pixels: np.ndarray) -> bytes:
    """Rows of a PNG, each behind filter type 0."""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def error(data: bytes, **options: int) -> str:
    with pytest.raises(InputImageRejected) as refusal:
        decode(data, **options)
    assert refusal.value.__cause__ is None
    return refusal.value.message


def distance(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


# Formats and modes


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (saved(SCENE, "PNG"), "PNG"),
        (saved(Image.fromarray(SCENE).convert("RGBA"), "PNG"), "PNG"),
        (cv2.imencode(".png", cv2.cvtColor(SCENE.astype(np.uint16) * 257, cv2.COLOR_RGB2BGR))[1].tobytes(), "PNG"),
        (saved(SCENE, "PNG", save_all=True, append_images=[Image.fromarray(SCENE[::-1])]), "PNG"),
        (saved(SCENE, "WEBP", lossless=True), "WEBP"),
        (saved(SCENE, "WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(SCENE[::-1])]), "WEBP"),
    ],
)
def test_lossless_colour_files_decode_exactly(data: bytes, kind: str) -> None:
    picture = decode(data)
    assert np.array_equal(picture.pixels, SCENE)
    assert (picture.alpha, picture.format, picture.width, picture.height) == (None, kind, WIDTH, HEIGHT)
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.pixels.flags.writeable
    assert picture.pixels.flags.c_contiguous


@pytest.mark.parametrize(
    "data",
    [
        saved(SCENE, "JPEG", quality=95, subsampling=0),
        saved(SCENE, "JPEG", quality=95, progressive=True),
        saved(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=95),
        saved(SCENE, "JPEG", quality=95, restart_marker_blocks=2),
        saved(SCENE, "JPEG", quality=95, keep_rgb=True),
        saved(SCENE, "WEBP", quality=95),
        saved(Image.fromarray(SCENE).quantize(256), "PNG"),
        saved(Image.fromarray(SCENE).quantize(256), "GIF"),
    ],
)
def test_lossy_files_decode_closely(data: bytes) -> None:
    assert distance(decode(data).pixels, SCENE) < 4


def test_grey_in_every_depth_is_grey() -> None:
    full = np.repeat(GREY[..., None], 3, axis=2)
    assert np.array_equal(decode(saved(GREY, "PNG")).pixels, full)
    assert np.array_equal(decode(saved(Image.fromarray(GREY).convert("LA"), "PNG")).pixels, full)
    assert np.array_equal(decode(saved(GREY.astype(np.uint16) * 257, "PNG")).pixels, full)
    assert distance(decode(saved(GREY, "JPEG", quality=95)).pixels, full) < 2
    for bits in (1, 2, 4):
        levels = (GREY.astype(int) * ((1 << bits) - 1) // 255).astype(np.uint8)
        packed = np.packbits(np.unpackbits(levels[..., None], axis=2)[..., 8 - bits :].reshape(HEIGHT, -1), axis=1)
        data = png(WIDTH, HEIGHT, rows(packed), depth=bits, colour=0)
        assert np.array_equal(decode(data).pixels[..., 0], levels * (255 // ((1 << bits) - 1)))


def test_a_palette_of_few_bits_and_an_interlaced_file_decode_exactly() -> None:
    indexes = (np.arange(WIDTH) // 30)[None].repeat(HEIGHT, 0).astype(np.uint8)
    colours = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255)], np.uint8)
    packed = np.packbits(np.unpackbits(indexes[..., None], axis=2)[..., 6:].reshape(HEIGHT, -1), axis=1)
    data = png(WIDTH, HEIGHT, rows(packed), depth=2, colour=3, PLTE=colours.tobytes())
    assert np.array_equal(decode(data).pixels, colours[indexes])
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    woven = b"".join(rows(np.ascontiguousarray(SCENE[y::dy, x::dx])) for x, y, dx, dy in passes)
    assert np.array_equal(decode(png(WIDTH, HEIGHT, woven, interlace=1)).pixels, SCENE)


# Alpha


def ramp() -> np.ndarray:
    return np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_comes_apart_from_colour_and_colour_survives_under_it(kind: str) -> None:
    picture = decode(
        saved(np.dstack([SCENE, ramp()]), kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    )
    assert np.array_equal(picture.pixels, SCENE)
    assert picture.alpha is not None
    assert picture.alpha.dtype == np.float32
    assert np.array_equal(picture.alpha, ramp().astype(np.float32) / np.float32(255))


def test_lossy_webp_keeps_its_alpha_plane() -> None:
    picture = decode(saved(np.dstack([SCENE, ramp()]), "WEBP", quality=90))
    assert picture.alpha is not None
    assert np.allclose(picture.alpha, ramp() / 255, atol=1e-6)


def test_one_transparent_colour_is_alpha_in_every_depth() -> None:
    red = SCENE.copy()
    red[:10] = (9, 8, 7)
    holes = {
        "rgb 8": png(WIDTH, HEIGHT, rows(red), tRNS=struct.pack(">HHH", 9, 8, 7)),
        "rgb 16": png(
            WIDTH, HEIGHT, rows(red.astype(">u2") * 257), depth=16, tRNS=struct.pack(">HHH", 2313, 2056, 1799)
        ),
        "palette": saved(Image.fromarray(FLAT).quantize(4), "PNG", transparency=0),
        "palette of alphas": saved(Image.fromarray(FLAT).quantize(4), "PNG", transparency=b"\x00\xff"),
        "gif": saved(Image.fromarray(FLAT).quantize(4), "GIF", transparency=0),
    }
    for bits in (1, 2, 4, 8, 16):
        top = (1 << bits) - 1
        levels = np.where(np.arange(WIDTH) < 30, top, 0)[None].repeat(HEIGHT, 0)
        if bits == 16:
            packed = levels.astype(">u2")
        else:
            planes = np.unpackbits(levels.astype(np.uint8)[..., None], axis=2)[..., 8 - bits :]
            packed = np.packbits(planes.reshape(HEIGHT, -1), axis=1)
        holes[f"grey {bits}"] = png(WIDTH, HEIGHT, rows(packed), depth=bits, colour=0, tRNS=struct.pack(">H", top))
    for name, data in holes.items():
        alpha = decode(data).alpha
        assert alpha is not None, name
        assert set(np.unique(alpha)) == {0.0, 1.0}, name
        assert 0 < alpha.mean() < 1, name
    assert np.array_equal(decode(holes["rgb 8"]).alpha == 0, (red == (9, 8, 7)).all(axis=2))


# Only the first still picture


def test_only_the_first_frame_counts() -> None:
    other = [Image.fromarray(255 - SCENE), Image.fromarray(SCENE[::-1])]
    for kind, options in (("GIF", {}), ("WEBP", {"quality": 95}), ("PNG", {}), ("MPO", {"quality": 95})):
        picture = decode(saved(SCENE, kind, save_all=True, append_images=other, **options))
        assert distance(picture.pixels, SCENE) < 6, kind
        assert picture.pixels.shape == SCENE.shape


def test_a_first_frame_smaller_than_its_canvas_lies_where_it_belongs() -> None:
    still = saved(SCENE, "WEBP", lossless=True)[12:]
    frame = struct.pack("<IIIIII", 0, 0, 0, 0, 0, 0)[:0]
    for value in (20 // 2, 10 // 2, WIDTH - 1, HEIGHT - 1, 100):
        frame += value.to_bytes(3, "little")
    frame += b"\0" + still
    canvas = b"\x02\0\0\0" + (199).to_bytes(3, "little") + (149).to_bytes(3, "little")
    parts = [(b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", frame)]
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in parts
    )
    webp = b"RIFF" + struct.pack("<I", len(body)) + body
    gif = bytearray(saved(Image.fromarray(SCENE).quantize(64), "GIF"))
    gif[6:10] = struct.pack("<HH", 200, 150)
    at = gif.index(b"\x2c\0\0\0\0" + struct.pack("<HH", WIDTH, HEIGHT))
    gif[at + 1 : at + 5] = struct.pack("<HH", 20, 10)
    for data in (webp, bytes(gif)):
        picture = decode(data)
        assert picture.pixels.shape == (150, 200, 3)
        assert distance(picture.pixels[10 : 10 + HEIGHT, 20 : 20 + WIDTH], SCENE) < 12
    alpha = decode(webp).alpha
    assert alpha is not None
    assert alpha.sum() == WIDTH * HEIGHT
    assert alpha[10 : 10 + HEIGHT, 20 : 20 + WIDTH].all()


# Orientation and metadata

TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
"""How a camera held so stores the scene; the tag undoes it. Source: EXIF 2.32, table of orientations."""


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "CANARY-camera"
    tags.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return tags


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 98})])
def test_all_eight_orientations_come_out_upright(orientation: int, kind: str, options: dict[str, object]) -> None:
    held = np.ascontiguousarray(TURNS[orientation](SCENE))
    picture = decode(saved(held, kind, exif=exif(orientation), **options))
    assert distance(picture.pixels, SCENE) <= (2 if kind == "JPEG" else 0)
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("orientation", TURNS)
def test_alpha_turns_with_its_picture(orientation: int) -> None:
    held = np.ascontiguousarray(TURNS[orientation](np.dstack([SCENE, ramp()])))
    picture = decode(saved(held, "PNG", exif=exif(orientation)))
    assert picture.alpha is not None
    assert np.array_equal((picture.alpha * 255).round().astype(np.uint8), ramp())


def orientation_entry(kind: int, values: int, value: int) -> bytes:
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, kind, values, value)


@pytest.mark.parametrize(
    "tags",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff\0\0",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01",
        orientation_entry(3, 1, 9),
        orientation_entry(3, 1, 0),
        orientation_entry(4, 1, 6),
        orientation_entry(3, 2, 6),
    ],
)
def test_broken_exif_means_upright(tags: bytes) -> None:
    data = saved(SCENE, "PNG")
    assert np.array_equal(decode(data[:33] + chunk(b"eXIf", tags) + data[33:]).pixels, SCENE)


def test_no_metadata_survives_decoding_and_encoding() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        picture = decode(saved(SCENE, kind, exif=exif(1), xmp=b"CANARY-xmp", comment=b"CANARY-comment"))
        for output in ("png", "jpg", "webp"):
            written = encode(picture.pixels, output)
            assert b"CANARY" not in written
            reread = Image.open(BytesIO(written))
            assert not reread.getexif()
            assert not {"exif", "xmp", "comment", "icc_profile"} & set(reread.info)


# Colour profiles

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """The sRGB profile with the red and green primaries exchanged: a wrong reading cannot hide."""
    profile = bytearray(SRGB)
    for i in range(struct.unpack_from(">I", profile, 128)[0]):
        at = 132 + 12 * i
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 98, "subsampling": 0})]
)
def test_an_embedded_profile_is_converted_to_srgb(kind: str, options: dict[str, object]) -> None:
    picture = decode(saved(SCENE, kind, icc_profile=swapped_profile(), **options))
    assert distance(picture.pixels, SCENE[..., [1, 0, 2]]) < 3
    alpha = decode(saved(np.dstack([SCENE, ramp()]), "PNG", icc_profile=swapped_profile()))
    assert distance(alpha.pixels, SCENE[..., [1, 0, 2]]) < 3


def test_an_srgb_profile_changes_nothing() -> None:
    assert np.array_equal(decode(saved(SCENE, "PNG", icc_profile=SRGB)).pixels, SCENE)


@pytest.mark.parametrize(
    "profile",
    [
        b"x",
        b"\0" * 5000,
        swapped_profile()[:-100],
        swapped_profile() + b"x",
        swapped_profile()[:16] + b"CMYK" + swapped_profile()[20:],
        swapped_profile()[:12] + b"link" + swapped_profile()[16:],
        swapped_profile()[:36] + b"xxxx" + swapped_profile()[40:],
        swapped_profile()[:132] + b"\xff" * (len(SRGB) - 132),
        len(b"x" * 5_000_000).to_bytes(4, "big") + swapped_profile()[4:] + b"x" * (5_000_000 - len(SRGB)),
    ],
)
def test_an_unfit_profile_is_ignored(profile: bytes) -> None:
    assert np.array_equal(decode(saved(SCENE, "PNG", icc_profile=profile)).pixels, SCENE)


def test_a_profile_in_several_jpeg_segments_is_put_together_and_an_incomplete_one_ignored() -> None:
    whole = swapped_profile()
    plain = saved(SCENE, "JPEG", quality=98, subsampling=0)
    halves = [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
    segments = [b"ICC_PROFILE\0" + bytes([i + 1, 2]) + half for i, half in enumerate(halves)]
    framed = [b"\xff\xe2" + struct.pack(">H", len(s) + 2) + s for s in segments]
    both = plain[:2] + framed[1] + framed[0] + plain[2:]
    assert distance(decode(both).pixels, SCENE[..., [1, 0, 2]]) < 3
    assert distance(decode(plain[:2] + framed[0] + plain[2:]).pixels, SCENE) < 2


# Size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_max_side_shrinks_and_remembers_the_size_in_the_file(kind: str) -> None:
    large = np.asarray(Image.fromarray(SCENE).resize((900, 600), Image.Resampling.BICUBIC))
    picture = decode(saved(large, kind), max_side=WIDTH)
    assert picture.pixels.shape == SCENE.shape
    assert (picture.width, picture.height) == (900, 600)
    assert distance(picture.pixels, SCENE) < 12
    assert decode(saved(large, kind), max_side=5000).pixels.shape == large.shape


def test_max_side_shrinks_alpha_and_turns_too() -> None:
    large = np.asarray(Image.fromarray(np.dstack([SCENE, ramp()])).resize((900, 600), Image.Resampling.BICUBIC))
    held = np.ascontiguousarray(TURNS[6](large))
    picture = decode(saved(held, "PNG", exif=exif(6)), max_side=WIDTH)
    assert picture.pixels.shape == SCENE.shape
    assert picture.alpha is not None
    assert np.abs(picture.alpha - ramp() / 255).max() < 0.02
    assert (picture.width, picture.height) == (900, 600)


def test_sizes_are_judged_at_their_bounds() -> None:
    assert decode(saved(np.zeros((32, 32, 3), np.uint8), "PNG")).width == 32
    assert "only 1 × 1 pixels; send one with at least 32" in error(saved(np.zeros((1, 1, 3), np.uint8), "PNG"))
    assert "only 31 × 32" in error(saved(np.zeros((32, 31, 3), np.uint8), "GIF"))
    assert "only 90 × 31" in error(saved(np.zeros((31, 90, 3), np.uint8), "JPEG"))
    assert decode(saved(np.zeros((50, 20_000), np.uint8), "PNG")).width == 20_000
    assert "20,001 × 32 pixels; at most 20,000" in error(saved(np.zeros((32, 20_001), np.uint8), "PNG"))
    assert decode(saved(SCENE, "WEBP"), max_pixels=WIDTH * HEIGHT).width == WIDTH
    assert "at most 0.005399 megapixels" in error(saved(SCENE, "WEBP"), max_pixels=WIDTH * HEIGHT - 1)
