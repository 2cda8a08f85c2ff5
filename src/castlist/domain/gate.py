"""The gate: what happens to an image after each take. Values and rules only, asked by `flow.make`.

An image is taken with a new seed until one take shows the character or the limit is reached. A take that is not
delivered is never charged. With success p at each of k independent takes, 1 − (1 − p)^k of the images are good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RETAKES = 2
"""How often an image under the wanted identity is taken again."""


class Step(StrEnum):
    """What to do with an image after its latest take."""

    ACCEPT = "accept"
    """Deliver the best take: it is good enough, or nothing says that it is not."""
    AGAIN = "again"
    """Take it again."""
    BEST = "best"
    """Deliver the best take under its honest verdict: no take was good enough and there will be no other."""
    GIVE_UP = "give up"
    """Deliver nothing, charge nothing."""


@dataclass(frozen=True, slots=True)
class Take:
    """How one take came out. `score` is 0–1, None when the image cannot be compared; `made` is false for no image."""

    score: float | None = None
    made: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """The policy of one job.

    wanted: 0–1, the score from which an image is good enough.
    retakes: how many further takes there may be.
    keep_best: whether the best take is delivered when none was good enough.
    """

    wanted: float
    retakes: int = RETAKES
    keep_best: bool = True

    def decide(self, takes: Sequence[Take]) -> Step:
        """Return the next step for an image.

        Args:
            takes: all its takes in order; at least one.
        """
        best = self.best(takes)
        if best is None:
            return Step.GIVE_UP  # the engine said no; asking again is not the gate's affair
        score = takes[best].score
        if score is None or score >= self.wanted:
            return Step.ACCEPT
        if takes[-1].made and len(takes) <= self.retakes:
            return Step.AGAIN
        return Step.BEST if self.keep_best else Step.GIVE_UP

    @staticmethod
    def best(takes: Sequence[Take]) -> int | None:
        """Return the place of the take to deliver: the most alike, of equals the latest; None when none was made."""
        made = [place for place, take in enumerate(takes) if take.made]
        return max(made, key=lambda place: (takes[place].score or 0.0, place), default=None)
