"""Fair shares, shown by playing a queue: keys submit as they like, workers take the lowest order, images take time."""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.domain.fairness import IMAGE, LAST_TURN, Priority, Share, turn


@dataclass
class Played:
    """A queue with so many workers, where an image takes one unit of time."""

    workers: int = 1
    clock: int = 0
    now: float = 0.0
    finishes: Counter[str] = field(default_factory=Counter[str])
    waiting: list[tuple[int, int, str, int, int]] = field(default_factory=list[tuple[int, int, str, int, int]])
    running: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    begun: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Key and number of images, in the order in which jobs began."""
    submitted: int = 0

    def submit(self, key: str, images: int = 1, share: Share | None = None) -> None:
        place = turn(self.clock, self.finishes[key], images, share or Share())
        self.finishes[key] = max(self.finishes[key], place.finish)
        self.submitted += 1
        heapq.heappush(self.waiting, (place.order, self.submitted, key, images, place.clock))

    def take(self) -> str | None:
        """Let the next job begin as soon as a worker is free and return its key; None when nothing waits."""
        if not self.waiting:
            return None
        if len(self.running) == self.workers:
            self.now, _ = heapq.heappop(self.running)
        _, _, key, images, clock = heapq.heappop(self.waiting)
        self.clock = max(self.clock, clock)
        heapq.heappush(self.running, (self.now + images, key))
        self.begun.append((key, images))
        return key

    def images(self, key: str) -> int:
        return sum(images for name, images in self.begun if name == key)


def test_many_jobs_of_one_key_do_not_delay_anothers_first() -> None:
    queue = Played(workers=2)
    for _ in range(200):
        queue.submit("many")
    for _ in range(7):
        queue.take()
    queue.submit("one", images=13)
    assert queue.take() == "one"


def test_two_keys_with_many_jobs_take_turns() -> None:
    queue = Played()
    for _ in range(100):
        queue.submit("first")
    queue.take()
    for _ in range(100):
        queue.submit("second")
    for _ in range(50):
        queue.take()
    assert abs(queue.images("first") - queue.images("second")) <= 1


def test_a_share_follows_its_weight() -> None:
    queue = Played()
    for _ in range(300):
        queue.submit("plain")
        queue.submit("paying", share=Share(weight=3))
    for _ in range(200):
        queue.take()
    assert abs(queue.images("paying") - 3 * queue.images("plain")) <= 4


def test_shares_are_counted_in_images_not_in_jobs() -> None:
    queue = Played()
    for _ in range(200):
        queue.submit("large", images=13)
        queue.submit("small", images=1)
    for _ in range(140):
        queue.take()
    assert abs(queue.images("large") - queue.images("small")) <= 13


def test_one_that_asks_again_at_once_gets_no_more_than_its_share() -> None:
    queue = Played()
    for _ in range(400):
        queue.submit("queues")
    queue.submit("returns", images=13)
    for _ in range(280):
        if queue.take() == "returns":
            queue.submit("returns", images=13)
    assert abs(queue.images("queues") - queue.images("returns")) <= 26


def test_idleness_saves_nothing_up() -> None:
    queue = Played()
    for _ in range(300):
        queue.submit("busy")
    for _ in range(200):
        queue.take()
    for _ in range(100):
        queue.submit("back")
    for _ in range(40):
        queue.take()
    assert abs(queue.images("back") - 20) <= 1


def test_high_goes_first_and_low_last() -> None:
    queue = Played()
    for name in ("low", "normal", "high"):
        for _ in range(20):
            queue.submit(name, share=Share(priority=Priority(name)))
    for _ in range(60):
        queue.take()
    assert [name for name, _ in queue.begun] == ["high"] * 20 + ["normal"] * 20 + ["low"] * 20


@pytest.mark.parametrize(("patient", "pushing"), [("normal", "high"), ("low", "normal"), ("low", "high")])
def test_nobody_starves(patient: str, pushing: str) -> None:
    """A key of a higher priority that never lets go is ahead by its head start, and not for ever."""
    queue = Played()
    queue.submit("patient", share=Share(priority=Priority(patient)))
    for _ in range(3 * 1000):
        queue.submit("pushing", share=Share(priority=Priority(pushing)))
        if queue.take() == "patient":
            return
    raise AssertionError("the patient one never came")


def test_priority_does_not_push_the_clock_ahead_of_others() -> None:
    queue = Played()
    for _ in range(500):
        queue.submit("high", share=Share(priority=Priority.HIGH))
    for _ in range(200):
        queue.submit("many")
    for _ in range(500):
        queue.take()
    queue.submit("new")
    assert "new" in {queue.take(), queue.take()}


def test_beyond_the_last_turn_jobs_still_have_one() -> None:
    assert turn(10 * LAST_TURN, 0, 13, Share(priority=Priority.LOW)).order == LAST_TURN
    assert turn(0, 0, 1, Share(priority=Priority.HIGH)).order == 1


KEYS = st.lists(st.tuples(st.integers(1, 10), st.integers(1, 13)), min_size=2, max_size=5)


@settings(max_examples=50, deadline=None)
@given(keys=KEYS, seed=st.integers(0, 2**32))
def test_the_published_bound_holds(keys: Sequence[tuple[int, int]], seed: int) -> None:
    """While two keys have jobs waiting, what each got divided by its weight differs by one largest job of both at most.

    Source: theorem 1 of the paper that `domain.fairness` names. Rounding to whole units adds a little.
    """
    dice = random.Random(seed)
    queue = Played()
    for _ in range(60):
        for number, (weight, largest) in enumerate(keys):
            queue.submit(str(number), dice.randint(1, largest), Share(weight))
    got: list[Counter[str]] = [Counter()]
    for _ in range(40):  # fewer than any one key has: all are waiting throughout
        queue.take()
        key, images = queue.begun[-1]
        got.append(got[-1] + Counter({key: images}))
    for one, (weight, largest) in enumerate(keys):
        for other, (other_weight, other_largest) in enumerate(keys):
            bound = largest / weight + other_largest / other_weight
            for first in got:
                last = got[-1]
                ours = (last[str(one)] - first[str(one)]) / weight
                theirs = (last[str(other)] - first[str(other)]) / other_weight
                assert abs(ours - theirs) <= bound + 40 * 2 / IMAGE
