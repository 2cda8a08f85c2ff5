"""The states of a job: one line, two ends."""

from hypothesis import given
from hypothesis import strategies as st

from castlist.domain.jobs import ARROWS, JobStatus, may_go


def test_the_words_are_those_of_the_contract() -> None:
    assert [str(status) for status in JobStatus] == ["pending", "processing", "completed", "failed"]
    assert [status for status in JobStatus if status.terminal] == [JobStatus.COMPLETED, JobStatus.FAILED]


def test_every_state_has_its_arrows_and_only_the_last_two_have_none() -> None:
    assert set(ARROWS) == set(JobStatus)
    assert {status for status, targets in ARROWS.items() if not targets} == {JobStatus.COMPLETED, JobStatus.FAILED}


@given(st.lists(st.sampled_from(JobStatus), max_size=20))
def test_no_walk_leaves_an_end_or_returns_to_the_start(wishes: list[JobStatus]) -> None:
    walked = [JobStatus.PENDING]
    for wish in wishes:
        if may_go(walked[-1], wish):
            walked.append(wish)
    assert not any(status.terminal for status in walked[:-1])
    assert JobStatus.PENDING not in walked[1:]
    assert walked[-1] is not JobStatus.COMPLETED or JobStatus.PROCESSING in walked
