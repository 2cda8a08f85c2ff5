"""Completes what the reference's border cuts off a little: the crown of the head and the outer shoulders.

Called by `reference`, so that a tight portrait can also be shown smaller. Only outlines that go on in an obvious way
are completed, with mirrored texture; a face or hair cut beside the head is left alone and framed away instead.
"""

from dataclasses import dataclass

import numpy as np

from castlist.engines.studio import ops
from castlist.engines.studio.ops import Map, Pixels

SIDE_HEADS = 0.5
"""Widest completion at a side, in head heights."""
TOP_HEADS = 0.2
WEAVE_PX = 1.6
"""Finer than this a pattern is the weave of the cloth, coarser ones are folds."""
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


def _sleeve(colour: Pixels, count: int) -> None:
    """Make mirrored cloth to the left of column `count` less of a mirror, in place: its folds melt away and its weave
    stays, it hangs and turns away from the light. A strong pattern stays a pattern."""
    height = colour.shape[0]
    away = np.arange(count, 0, -1, dtype=np.float32)
    x, y = np.meshgrid(np.arange(count, dtype=np.float32), np.arange(height, dtype=np.float32))
    hanging = ops.remap(np.ascontiguousarray(colour[:, :count]), x, (y - 0.45 * away[None, :]).astype(np.float32))
    weave = hanging.astype(np.float32) - ops.blur(hanging.astype(np.float32), WEAVE_PX)
    soft = ops.blur(hanging.astype(np.float32), max(1.0, 0.16 * count)) + weave
    pattern = float(np.clip((np.abs(hanging - soft).mean() - 14) / 14, 0, 1))
    blurred = (0.95 - 0.6 * pattern) * ops.smoothstep((away / count * 5).astype(np.float32))[None, :, None]
    shade = 1 - 0.4 * ops.smoothstep((away / count).astype(np.float32))[None, :, None]
    colour[:, :count] = np.clip((hanging + blurred * (soft - hanging)) * shade, 0, 255).astype(np.uint8)


def _slope(alpha: Map, count: int, head_px: float) -> None:
    """Let a shoulder that is cut at column `count` fall off to the left of it, in place."""
    height = alpha.shape[0]
    columns = [count, count + max(2, round(0.06 * head_px))]
    edges = [float(np.flatnonzero(alpha[:, column] > 0.5)[0]) for column in columns]
    slope = float(np.clip((edges[0] - edges[1]) / (columns[1] - columns[0]), 0.1, 2.5))
    away = np.arange(count, 0, -1, dtype=np.float32)
    bend = max(0.0, (height - edges[0]) - slope * count) / count**2 + 0.6 / head_px
    outline = edges[0] + slope * away + bend * away**2
    rows = np.arange(height, dtype=np.float32)[:, None]
    soft = ops.smoothstep(((rows - outline[None, :]) / 3 + 0.5).astype(np.float32))
    alpha[:, :count] = np.minimum(alpha[:, :count], soft)  # below a cut arm the backdrop goes on
