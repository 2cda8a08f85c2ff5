"""Draws the contact sheet: for each job its reference, then the pictures made of it, each with what was measured.

Called by the demo, and by the script that draws the README's strip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

TILE_PX = 384
GAP_PX = 20
MARGIN_PX = 48
HEADING_PX, CAPTION_PX = 56, 104
CORNER_PX = 10
PAPER, INK, FAINT, LINE = "#fbfaf7", "#1d1d1f", "#6f6e6a", "#d9d6cf"
HEADING_SIZE, POSE_SIZE, FACT_SIZE = 27, 23, 20
SHARPER = 2
"""The corners' mask is drawn this much larger and scaled down, so that they come out smooth."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture and what is written under it."""

    file: Path
    pose: str
    seconds: float
    identity: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One job: what was asked for, of whom, and what came."""

    title: str
    reference: Path
    tiles: Sequence[Tile]


def draw(rows: Sequence[Row]) -> Image.Image:
    """Return the sheet, RGB."""
    columns = 1 + max(len(row.tiles) for row in rows)
    width_px = 2 * MARGIN_PX + columns * TILE_PX + (columns - 1) * GAP_PX + GAP_PX
    row_px = HEADING_PX + TILE_PX + CAPTION_PX
    sheet = Image.new("RGB", (width_px, 2 * MARGIN_PX - 2 * GAP_PX + len(rows) * row_px), PAPER)
    for index, row in enumerate(rows):
        _draw_row(sheet, row, MARGIN_PX + index * row_px)
    return sheet


def identity_words(identity: dict[str, Any]) -> str:
    """Return an identity for people: the score and its verdict, or why there is none."""
    if identity.get("score") is None:
        return str(identity.get("reason") or identity.get("verdict") or "not measured")
    return f"{identity['score']:.2f} {identity['verdict']}"


def _draw_row(sheet: Image.Image, row: Row, top_px: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN_PX, top_px), row.title, INK, _font(HEADING_SIZE))
    top_px += HEADING_PX
    _place(sheet, row.reference, MARGIN_PX, top_px)
    _write(pen, MARGIN_PX, top_px, "reference", "what was given")
    left_px = MARGIN_PX + TILE_PX + GAP_PX
    pen.line((left_px, top_px, left_px, top_px + TILE_PX), LINE, 2)
    for tile in row.tiles:
        left_px += GAP_PX
        _place(sheet, tile.file, left_px, top_px)
        fact = f"{tile.seconds:.1f} s   identity {identity_words(tile.identity)}"
        _write(pen, left_px, top_px, tile.pose.replace("-", " "), fact)
        left_px += TILE_PX


def _write(pen: ImageDraw.ImageDraw, left_px: int, top_px: int, name: str, fact: str) -> None:
    pen.text((left_px, top_px + TILE_PX + 10), name, INK, _font(POSE_SIZE))
    pen.text((left_px, top_px + TILE_PX + 38), fact, FAINT, _font(FACT_SIZE))


def _place(sheet: Image.Image, file: Path, left_px: int, top_px: int) -> None:
    with Image.open(file) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    backed = Image.new("RGBA", upright.size, "#ffffff")
    backed.alpha_composite(upright)
    tile = ImageOps.fit(backed.convert("RGB"), (TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
    mask = Image.new("L", (TILE_PX * SHARPER, TILE_PX * SHARPER), 0)
    box = (0, 0, TILE_PX * SHARPER - 1, TILE_PX * SHARPER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, CORNER_PX * SHARPER, 255)
    sheet.paste(tile, (left_px, top_px), mask.resize(tile.size, Image.Resampling.LANCZOS))


def _font(size: float) -> Any:
    return ImageFont.load_default(size)
