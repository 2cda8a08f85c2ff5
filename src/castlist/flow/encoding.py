"""Turns finished pixels into the file that is delivered, marked as the installation wants it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from castlist.domain.cards import Card
from castlist.domain.tasks import Made
from castlist.provenance.facts import Facts, SourceType, number_of, spell
from castlist.provenance.mark import Marking, mark
from castlist.vision.picture import OutputFormat

UNMARKED = Marking(watermark=False, tags=False, credentials=False)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file, and the number that its marks carry; None when it has none."""

    data: bytes
    mark: str | None


Encode = Callable[[Made], Encoded]


def encoder(
    card: Card, output_format: OutputFormat, marking: Marking, *, now_ms: int, ingredients: Sequence[bytes] = ()
) -> Encode:
    """Return what encodes and marks the images of one job.

    Args:
        now_ms: when the job is made, for the credentials.
        ingredients: references as they came, of those that had credentials of their own.
    """
    source = SourceType.COMPOSITE if card.media == "composite" else SourceType.GENERATED
    made_at = datetime.fromtimestamp(now_ms // 1000, UTC) if marking.credentials else None

    def encode(made: Made) -> Encoded:
        # From the pixels, not from the job: the same seed has to give the same pixels, mark included.
        number = number_of(made.pixels)
        facts = Facts(card.id, made.model, source, number, made_at)
        marked = mark(made.pixels, output_format, facts, marking, ingredients=ingredients)
        carries_number = marking.credentials or marking.tags or marked.watermark in ("firm", "weak")
        return Encoded(marked.data, spell(number) if carries_number else None)

    return encode
