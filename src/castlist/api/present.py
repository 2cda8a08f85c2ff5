"""Shapes rows into answers: jobs, images, times, money. Pure; every answer about a job comes from `job_answer`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from castlist.api.answers import (
    Asset,
    Failure,
    IdentityAnswer,
    JobAnswer,
    JobError,
    Output,
    Progress,
)
from castlist.api.context import PREFIX
from castlist.domain.credits import to_credits
from castlist.domain.jobs import JobStatus
from castlist.domain.links import signed_url
from castlist.flow.deliver import Present
from castlist.flow.service import Service
from castlist.store.jobs import Image, Job


def iso(time_ms: int) -> str:
    """Return Unix milliseconds as ISO 8601 in UTC, to the second, rounded down: 2026-11-23T12:00:00Z."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Presenter:
    """Shapes answers for one public address."""

    base_url: str
    secret: bytes

    def status_url(self, job_id: str) -> str:
        """Return the absolute URL of a job."""
        return f"{self.base_url}{PREFIX}/jobs/{job_id}"

    def file_url(self, file: str, expires_ms: int) -> str:
        """Return the signed URL of a file."""
        return signed_url(self.base_url, file, expires_ms, self.secret)

    def job(self, job: Job, images: Sequence[Image]) -> JobAnswer:
        """Return the answer about a job in any state.

        Args:
            images: all its images so far, in order of position.
        """
        answer = JobAnswer(
            job_id=job.id,
            status=job.status.value,
            status_url=self.status_url(job.id),
            credit_cost=to_credits(job.held_millis),
            expires_at=iso(job.expires_ms),
            created_at=iso(job.created_ms),
            model_type=job.model_type,
            engine=job.engine,
            substituted=job.substituted,
        )
        made = [image for image in images if image.file is not None]
        if job.status is JobStatus.PROCESSING:
            fraction = round(max(job.fraction, len(made) / job.num_images), 4)
            answer.progress = Progress(completed=len(made), total=job.num_images, fraction=fraction)
        if job.status.terminal and made:
            answer.assets = [self._asset(job, image) for image in made]
            answer.output = Output(images=[asset.url for asset in answer.assets])
        if job.status is JobStatus.FAILED:
            answer.error = JobError(code=job.error_code or "", message=job.error_message or "")
        if job.status.terminal:
            answer.credits_refunded = to_credits(job.released_millis or 0)
            failures = [_failure(image) for image in images if image.file is None]
            if failures:
                answer.failures = failures
        return answer

    def image(self, job: Job, image: Image) -> dict[str, Any]:
        """Return one image as it stands in `assets` or `failures`."""
        shaped = _failure(image) if image.file is None else self._asset(job, image)
        return shaped.model_dump(mode="json", by_alias=True)

    def _asset(self, job: Job, image: Image) -> Asset:
        identity = image.identity or {}
        return Asset(
            url=self.file_url(image.file or "", job.expires_ms),
            content_type=image.content_type or "",
            width=image.width_px or 0,
            height=image.height_px or 0,
            bytes=image.size_bytes or 0,
            sha256=image.sha256 or "",
            seed=image.seed,
            pose=image.pose,
            engine=image.engine,
            model=image.model,
            identity=IdentityAnswer(
                score=identity.get("score"),
                verdict=identity.get("verdict", "not_comparable"),
                method=identity.get("method", "none"),
                reason=identity.get("reason", ""),
            ),
            attempts=image.attempts,
            seconds=image.seconds,
            notes=list(image.notes),
        )


def webhook_body(service: Service) -> Present:
    """Return what turns a job into the body of its webhook: the very one that `GET /jobs/{jobId}` gives."""

    def present(job: Job, images: Sequence[Image]) -> dict[str, Any]:
        answer = Presenter(job.request["base_url"], service.secret).job(job, images)
        return answer.model_dump(mode="json", by_alias=True, exclude_unset=True)

    return present


def _failure(image: Image) -> Failure:
    return Failure(index=image.position, pose=image.pose, code=image.code or "", message=image.message or "")
