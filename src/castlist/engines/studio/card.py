"""The card of the studio engine and what an operator may set for it. Data only, light to import."""

from pydantic import Field

from castlist.domain.cards import BACKGROUNDS, TRANSPARENT, Card, EngineOptions


class StudioOptions(EngineOptions):
    """Options of the studio engine."""

    plates: str | None = Field(
        default=None,
        description="A folder of your own backdrops (PNG, JPEG, WebP); a .txt file beside a picture is its caption.",
    )


CARD = Card(
    id="studio",
    title="Studio",
    summary="Re-photographs the reference itself: cut out, turned in depth, relit and set before another place. "
    "Needs no GPU and no key; the face is the character's own.",
    model_types=("studio",),
    kind="local",
    media="composite",
    stand_in=True,
    references=(1, 1),
    backgrounds=(*BACKGROUNDS, TRANSPARENT),
    seed="exact",
    progress=True,
    cancel=True,
    price_credits="1",
    min_identity=0.0,  # every take shows the reference's own pixels: another one would be no more alike
    licence="Apache-2.0; bundled models MIT, Apache-2.0 and BSD-3-Clause, bundled plates as listed in NOTICE",
    source="castlist's own",
    cannot=(
        "It cannot change clothes or hair: the character keeps what the reference shows.",
        "It cannot change the pose of the body or make the character act, walk or hold something.",
        "It can let a closed mouth smile a little and eyes look elsewhere, where that looks natural; it cannot change "
        "the facial expression otherwise, nor the age.",
        "It turns heads by up to 25 degrees; it cannot show the back or a side that the reference does not show.",
        "It chooses a place for the prompt from the plates it has; it cannot build one that is described in detail.",
    ),
    options=StudioOptions,
)
