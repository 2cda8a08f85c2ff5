"""What a job's event stream says, as text. Pure.

Every event carries an id from which a stream that broke off goes on: the state told last and the images told so far.
Nothing is kept for that on the server.
"""

import json
import re
from typing import Any

from castlist.api.follow import Seen
from castlist.api.present import Presenter
from castlist.domain.jobs import JobStatus

END = "end"
SILENT = ": still here\n\n"
RETRY = "retry: 2000\n\n"
"""How long a client waits before it opens a broken stream again, in milliseconds."""
_ID = re.compile(rf"({'|'.join(JobStatus)})\.([0-9a-f]{{1,16}})")


class Telling:
    """One listener's stream: knows what it has been told."""

    def __init__(self, presenter: Presenter, last_event_id: str | None = None) -> None:
        """Begin, or go on after the event of this id; an id that is none of ours begins."""
        match = _ID.fullmatch(last_event_id or "")
        self._presenter = presenter
        self._status = match[1] if match else ""
        self._told = int(match[2], 16) if match else 0
        """One bit an image, by its position."""
        self._fraction = -1.0

    def news(self, seen: Seen) -> str:
        """Return the events that bring a listener up to date; empty when there is nothing new to it."""
        job, texts = seen.job, list[str]()
        answer = self._presenter.job(job, seen.images)
        if job.status != self._status:
            self._status = job.status.value
            texts.append(self._event("state", {"status": self._status}))
        for image in seen.images:
            if not self._told >> image.position & 1:
                self._told |= 1 << image.position
                texts.append(self._event("image", {"index": image.position, **self._presenter.image(job, image)}))
        if answer.progress is not None and answer.progress.fraction != self._fraction:
            self._fraction = answer.progress.fraction
            texts.append(self._event("progress", answer.progress.model_dump(by_alias=True)))
        if job.status.terminal:
            texts.append(_text(END, END, answer.model_dump(mode="json", by_alias=True, exclude_unset=True)))
        return "".join(texts)

    def _event(self, name: str, data: dict[str, Any]) -> str:
        return _text(name, f"{self._status}.{self._told:x}", data)


def _text(name: str, event_id: str, data: dict[str, Any]) -> str:
    return f"event: {name}\nid: {event_id}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
