"""The card of an engine: everything the rest of the house needs to know about it, as plain data.

Validation, price, `/models`, OpenAPI, the command line and the docs table all derive from cards.
Nothing else may name an engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

from castlist.domain.sizes import ASPECT_RATIOS

BACKGROUNDS: tuple[str, ...] = ("white", "black", "gray", "green screen", "neutral", "original")
TRANSPARENT = "transparent"
"""An extra background for engines that make true alpha; needs an output format that can carry it."""


class EngineOptions(BaseModel):
    """What an operator may set for an engine, under `[engines.<id>]` in castlist.toml. Subclass it for your own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True)
class Card:
    """Data only; importable without the engine's libraries."""

    id: str
    title: str
    summary: str
    model_types: tuple[str, ...]
    """The values of `model_type` this engine answers for."""
    substitutes: tuple[str, ...] = ()
    """Those of them that it answers with another model, because the operator said so; it comes after all others."""
    kind: Literal["local", "hosted"]
    media: Literal["generated", "composite"] = "generated"
    """What its images are: made by a generative model, or put together from the reference and photographs."""
    stand_in: bool = False
    """May answer for every model type while no other engine is ready."""
    distance: int = 0
    """How far its pictures come, which orders routes as long as nobody says otherwise: 0 this machine or the operator's
    own servers, 1 the maker of the model, 2 a reseller, 3 another service that hands on."""
    references: tuple[int, int] = (1, 1)
    """Fewest and most reference pictures."""
    references_by: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)
    """The most for those model types where it is less than `references` says."""
    backgrounds: tuple[str, ...] = BACKGROUNDS
    aspect_ratios: tuple[str, ...] = ASPECT_RATIOS
    batch: int = 1
    """Images the engine makes in one call."""
    seed: Literal["exact", "best_effort", "none"]
    """`exact`: the same seed gives the same pixels."""
    progress: bool = False
    cancel: bool = False
    secrets: tuple[str, ...] = ()
    """Names of the secrets it needs, as set in the configuration."""
    price_credits: str = "1"
    """Default price per image of its own model types; configuration overrules it."""
    min_identity: float = 0.5
    """0–1: images that score lower are taken again. 0.5 is where a score calls two pictures the same character."""
    licence: str
    source: str
    """Where the facts of this card come from."""
    cannot: tuple[str, ...] = ()
    """What a caller might ask for and will not get, one sentence each."""
    options: type[EngineOptions] = field(default=EngineOptions)

    def most_references(self, model_type: str) -> int:
        """Return how many reference pictures a job of this model type may have."""
        return self.references_by.get(model_type, self.references[1])
