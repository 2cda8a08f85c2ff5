"""Whose job comes next: start-time fair queueing. Pure: the numbers it needs are read in `store.turns`.

Every job gets a start and a finish on a virtual clock, which shows how far the work for everybody has come. A key's
next job starts where its last one finishes, but not before what the clock shows now: so a key with many jobs queues
behind itself, and one that comes back after a while has saved up nothing. Jobs are taken in the order of their start.

A priority is a head start on that clock, not a class of its own: whoever has it is taken first until the head start is
used up. So no job waits for ever, whatever arrives after it.

Source: Goyal, Vin and Cheng, "Start-time fair queueing", IEEE/ACM Transactions on Networking 5(5), 1997.
"""

from dataclasses import dataclass
from enum import StrEnum

IMAGE = 100
"""Units of the virtual clock for one image of a key of weight 1."""
HEAD_START = 1000 * IMAGE
MOST_WEIGHT = 100
LAST_TURN = 2**31 - 1
"""The largest number the queue orders by; beyond it jobs are taken in the order they came."""


class Priority(StrEnum):
    """What an operator can give a key."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


_AHEAD = {Priority.HIGH: HEAD_START, Priority.NORMAL: 0, Priority.LOW: -HEAD_START}


@dataclass(frozen=True, slots=True)
class Share:
    """What an operator has given a key: its part of the workers, relative to others, and its priority."""

    weight: int = 1
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Turn:
    """A job's place in the queue."""

    order: int
    """Jobs with a lower one are taken first, 1 to `LAST_TURN`."""
    clock: int
    """What the virtual clock shows, at least, once the job has begun."""
    finish: int
    """Where the key's next job starts."""


def turn(clock: int, last_finish: int, images: int, share: Share) -> Turn:
    """Give a job its turn.

    Args:
        clock: the highest `Turn.clock` among jobs that have begun.
        last_finish: the highest `Turn.finish` among the key's jobs.
        images: how many it asks for.
    """
    start = max(clock, last_finish)
    ahead = _AHEAD[share.priority]
    return Turn(
        order=min(LAST_TURN, start - ahead + HEAD_START + 1),
        clock=max(0, start - max(0, ahead)),
        finish=start + max(1, images * IMAGE // share.weight),
    )
