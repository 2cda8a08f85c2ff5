"""Refuses what would go beyond an account's quota, in words. Called with the account locked, before adding anything."""

from castlist.domain.credits import to_credits
from castlist.domain.errors import RateLimitExceeded
from castlist.store import quotas
from castlist.store.database import Tx
from castlist.store.quotas import Quota

DAY_MS = 86_400_000
OPEN_JOBS_SECONDS = 10
"""When to ask again once too many jobs are open: nobody knows when one of them will end."""


async def check_job(tx: Tx, quota: Quota, account_id: str, images: int, cost_millis: int, *, now_ms: int) -> None:
    """Raise RateLimitExceeded if one more job of so many images is too much."""
    if (most := quota.most_open_jobs) is not None and await quotas.open_jobs(tx, account_id) >= most:
        raise RateLimitExceeded(
            f"This account may have {most} {_of('job', most)} queued or running at a time. Submit again when one ends.",
            retry_after_seconds=OPEN_JOBS_SECONDS,
        )
    if quota.most_images_a_day is None and quota.most_millis_a_day is None:
        return
    day = await quotas.since(tx, account_id, now_ms - now_ms % DAY_MS)
    wait_seconds = -(-(DAY_MS - now_ms % DAY_MS) // 1000)
    if (most := quota.most_images_a_day) is not None and day.images + images > most:
        left = max(0, most - day.images)
        raise RateLimitExceeded(
            f"This account may ask for {most} {_of('image', most)} a day (UTC), and {left} are left today.",
            retry_after_seconds=wait_seconds,
        )
    if (most := quota.most_millis_a_day) is not None and day.millis + cost_millis > most:
        left = max(0, most - day.millis)
        raise RateLimitExceeded(
            f"This account may spend {to_credits(most)} credits a day (UTC), and {to_credits(left)} are left today.",
            retry_after_seconds=wait_seconds,
        )


async def check_picture(tx: Tx, quota: Quota, account_id: str, file: str, size_bytes: int, *, now_ms: int) -> None:
    """Raise RateLimitExceeded if there is no room for one more picture of the account."""
    if (most := quota.most_upload_bytes) is None:
        return
    there = await quotas.stored(tx, account_id, now_ms=now_ms, without=file)
    if there.size_bytes + size_bytes <= most:
        return
    until_ms = there.first_expires_ms if there.first_expires_ms is not None else now_ms + DAY_MS
    raise RateLimitExceeded(
        f"This account may keep {most / 1e6:g} MB of pictures, and {(most - there.size_bytes) / 1e6:.1f} MB are free. "
        "Room comes back as pictures expire.",
        retry_after_seconds=max(1, -(-(until_ms - now_ms) // 1000)),
    )


def _of(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
