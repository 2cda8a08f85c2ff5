"""Completes what the reference's border cuts off a little: the crown of the head and the outer shoulders.

Called by `reference`, so that a tight portrait can also be shown smaller. Only outlines that go on in an obvious way
are completed, with texture that runs on; a face or hair cut beside the head is left alone and framed away instead.
"""

from dataclasses import dataclass

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

SIDE_HEADS = 0.5
"""Widest completion at a side, in head heights."""
PATTERN = 30
"""Cloth whose brightness varies by more (of 255) has a strong pattern, and is framed away instead."""
TOP_HEADS = 0.2
WEAVE_PX, WEAVE = 2.4, 14
"""Finer than this a pattern is the weave of the cloth, coarser ones are folds; and a weave is no stronger, of 255."""
BORDER_PX = 3
"""So many columns at the border say how the cloth goes on."""
HANG = 0.45
"""How steeply folds run downward beyond the border."""
MELT, FIRST_PX, SOFTEST = 0.4, 1.5, 6
"""How fast they melt, px of blur per px away; the first blur that is made, and how many, each twice as wide."""
WIDEST_CUT = 0.72
"""Widest cut through a crown that is rounded off, as a share of the head's own width."""


@dataclass(frozen=True, slots=True)
class Pad:
    """Px added at the left, top and right."""

    left: int = 0
    top: int = 0
    right: int = 0


def complete(
    colour: Pixels, alpha: Map, *, head: tuple[float, float], chin: tuple[float, float]
) -> tuple[Pixels, Map, Pad]:
    """Complete a person's cut outline.

    Args:
        colour: uint8 [H, W, 3], the person's colours. alpha: float32 [H, W], 0–1.
        head: crown row and height of the head, px. chin: its column and row, px.

    Returns:
        The larger colour and alpha, and how much was added.
    """
    crown, head_px = head
    top = _missing_crown(alpha, crown, head_px, chin[0])
    left = _side(alpha[:, :3].max(1), chin[1], head_px)
    right = _side(alpha[:, -3:].max(1), chin[1], head_px)
    band = max(4, round(0.3 * head_px))
    left = min(left, _longest(colour[:, :band], alpha[:, :band], head_px))
    right = min(right, _longest(colour[:, -band:], alpha[:, -band:], head_px))
    pad = Pad(left, top, right)
    if pad == Pad():
        return colour, alpha, pad
    around = ((top, 0), (left, right))
    wide_colour = np.pad(colour, (*around, (0, 0)), mode="symmetric")
    wide_alpha = np.pad(alpha, around, mode="edge")
    if top:
        wide_alpha *= _cap(wide_alpha.shape, alpha, pad, chin[0])
    for count, mirrored in ((left, False), (right, True)):
        if count:
            side = slice(None, None, -1 if mirrored else 1)
            _slope(wide_alpha[:, side], count, head_px)
            _sleeve(wide_colour[:, side], count)
    return wide_colour, wide_alpha, pad


def _missing_crown(alpha: Map, crown: float, head_px: float, middle: float) -> int:
    """Return how many rows of the crown lie above the picture, 0 when none or too many to invent."""
    if crown > 1:
        return 0
    cut = np.flatnonzero(alpha[0] > 0.5)
    cut = cut[np.abs(cut - middle) < 0.6 * head_px]
    if not len(cut):
        return 0
    radius, half = 0.42 * head_px, 0.5 * float(cut[-1] - cut[0] + 1)
    if half > WIDEST_CUT * radius or cut[0] < 2 or cut[-1] > alpha.shape[1] - 3:
        return 0
    return int(min(TOP_HEADS * head_px, 0.9 * (radius - (radius**2 - half**2) ** 0.5) + 2)) + 3


def _cap(shape: tuple[int, ...], alpha: Map, pad: Pad, middle: float) -> Map:
    """Return the mask that rounds the added rows off into a crown. float32 [H, W], 0–1"""
    cut = np.flatnonzero(alpha[0] > 0.5)
    cut = cut[np.abs(cut - middle) < shape[1]]
    half = 0.5 * float(cut[-1] - cut[0] + 1)
    centre = 0.5 * float(cut[-1] + cut[0]) + pad.left
    tall = pad.top - 3
    across = (np.arange(shape[1], dtype=np.float32) - centre) / half
    outline = pad.top - tall * np.sqrt(np.clip(1 - across**2, 0, 1))
    mask = np.ones(shape, np.float32)
    rows = np.arange(pad.top, dtype=np.float32)[:, None]
    mask[: pad.top] = np.clip((rows - outline[None, :]) / 1.5 + 0.5, 0, 1) * (np.abs(across) < 1)
    return mask


def _side(edge: Map, chin: float, head_px: float) -> int:
    """Return how many columns to add at a side: none unless it cuts shoulders, below the chin, alone."""
    rows = np.flatnonzero(edge > 0.5)
    if len(rows) < 0.02 * head_px or rows[0] < chin + 0.05 * head_px or rows[-1] < len(edge) - 0.12 * head_px:
        return 0
    return int(min(SIDE_HEADS * head_px, max(4.0, 0.9 * (rows[-1] - rows[0]))))


def _longest(cloth: Pixels, alpha: Map, head_px: float) -> int:
    """Return how far cloth (at one border) can go on, px: a strong pattern that melts away is seen to."""
    grey = np.asarray(cloth.mean(-1), np.float32)
    pattern = float((np.abs(grey - ops.blur(grey, 0.05 * head_px)) * alpha).sum() / max(1.0, float(alpha.sum())))
    return int(head_px * SIDE_HEADS) if pattern < PATTERN else 0


def _sleeve(colour: Pixels, count: int) -> None:
    """Let cloth go on to the left of column `count`, in place: its folds and stripes run on downward from the border,
    melt away, and keep their weave; it turns away from the light. A mirror image would fold into a kaleidoscope."""
    height = colour.shape[0]
    away = np.arange(count, 0, -1, dtype=np.float32)
    border = colour[:, count : count + BORDER_PX].astype(np.float32).mean(1, keepdims=True)
    y = (np.arange(height, dtype=np.float32)[:, None] - HANG * away[None, :]).astype(np.float32)
    melted = np.zeros((height, count, 3), np.float32)
    softness = np.clip(np.log2(1 + MELT * away / FIRST_PX), 0, SOFTEST - 1)
    for level in range(SOFTEST):
        soft = border if level == 0 else ops.blur(np.repeat(border, 3, 1), FIRST_PX * (2**level - 1))[:, :1]
        run = ops.remap(np.ascontiguousarray(soft), np.zeros_like(y), y)
        melted += run * np.clip(1 - np.abs(softness - level), 0, 1)[None, :, None]
    weave = _weave(colour[:, count : 2 * count].astype(np.float32))
    weave = np.pad(weave, ((0, 0), (0, count - weave.shape[1]), (0, 0)), mode="wrap")
    shade = 1 - 0.4 * ops.smoothstep((away / count).astype(np.float32))[None, :, None]
    colour[:, :count] = np.clip((melted + weave) * shade, 0, 255).astype(np.uint8)


def _weave(cloth: Map) -> Map:
    """Return a texture as fine and strong as that of `cloth` (float32 [H, W, 3]), without its folds and seams.

    Source: Galerne, Gousseau, Morel, Random phase textures, 2011.
    """
    fine = np.clip(cloth - ops.blur(cloth, WEAVE_PX), -WEAVE, WEAVE)
    turns = np.angle(np.fft.rfft2(np.random.default_rng(7).standard_normal(cloth.shape[:2])))
    spread = np.fft.rfft2(fine, axes=(0, 1)) * np.exp(1j * turns)[..., None]
    return np.fft.irfft2(spread, cloth.shape[:2], axes=(0, 1)).astype(np.float32)


def _slope(alpha: Map, count: int, head_px: float) -> None:
    """Let a shoulder that is cut at column `count` fall off to the left of it, in place."""
    height = alpha.shape[0]
    columns = [count, count + max(2, round(0.06 * head_px))]
    edges = [_shoulder(alpha[:, column]) for column in columns]
    slope = float(np.clip((edges[0] - edges[1]) / (columns[1] - columns[0]), 0.1, 2.5))
    away = np.arange(count, 0, -1, dtype=np.float32)
    bend = max(0.0, (height - edges[0]) - slope * count) / count**2 + 0.6 / head_px
    outline = edges[0] + slope * away + bend * away**2
    rows = np.arange(height, dtype=np.float32)[:, None]
    soft = ops.smoothstep(((rows - outline[None, :]) / 3 + 0.5).astype(np.float32))
    alpha[:, :count] = np.minimum(alpha[:, :count], soft)  # below a cut arm the backdrop goes on


def _shoulder(column: Map) -> float:
    """Return the row where the lowest solid run of a column begins: a sign above the shoulder is no shoulder."""
    solid = column > 0.5
    rows = np.flatnonzero(solid)
    gaps = np.flatnonzero(~solid[: rows[-1] + 1]) if len(rows) else rows
    return float(gaps[-1] + 1) if len(gaps) else float(rows[0] if len(rows) else len(column) - 1)
