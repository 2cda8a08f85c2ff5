"""Gets one picture out of a hosted engine: submit, wait, fetch, and everything that can go wrong on the way.

One loop for all services; what differs between them is in the engine's `build` and `parse`. Called by `flow.hosted`.
Never raises for what a service does: the end is a value. Never submits again where that could mean paying twice,
except for work that the service says it has lost, and for a request whose worker died with it where the operator
lets it.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Generic

from castlist.domain.errors import InputImageRejected, JobCanceled
from castlist.domain.wire import Asked, Broken, Finished, Parsed, Pending, Refused, Reply, Request
from castlist.net.client import Client, SendFailed
from castlist.net.errand import Errand, T, Taken
from castlist.net.fetch import decode_data_uri, fetch
from castlist.net.guard import FetchPolicy, endpoint
from castlist.net.pace import retry_after_s
from castlist.net.redact import redact

CHECK_SECONDS = 0.5
"""How often a wait looks whether the job is still wanted."""
LAST_WORD_SECONDS = 10.0
"""How long a canceled job waits for the answer to a request that may have started work."""
MAX_PICTURE_BYTES = 48_000_000
MAX_REASON_CHARS = 300
SUBMITS = 2
"""How often one picture is asked for at most, the second time only after the service lost the first."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Runs errands with one open client. The clock and the dice can be replaced."""

    client: Client
    policy: FetchPolicy = field(default_factory=FetchPolicy)
    """For the addresses of result pictures, which the service chooses."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[], float] = random.random

    async def run(self, errand: Errand[T]) -> Taken[T] | Refused | Broken:
        """Get the picture.

        Returns: the picture, or why there is none; texts are short, of one line and free of secrets.
        Raises: JobCanceled through the errand's watch, after the service was told to stop.
        """
        result = await _Run(self, errand).run()
        secrets = errand.service.secrets.values()
        if isinstance(result, Refused):
            return Refused(redact(result.reason, secrets, MAX_REASON_CHARS))
        if isinstance(result, Broken):
            return replace(result, operator=redact(result.operator, secrets, MAX_REASON_CHARS))
        return result


class _TooLong(Exception):
    """The errand's time is over."""


class _Run(Generic[T]):
    """One errand under way."""

    def __init__(self, driver: Driver, errand: Errand[T]) -> None:
        self._driver, self._errand = driver, errand
        self._pace = errand.service.pace
        self._deadline = driver.clock() + self._pace.total_s
        self._pending: Pending | None = None
        self._asked = False
        """Whether a request for work may have arrived of which no answer is known."""

    async def run(self) -> Taken[T] | Refused | Broken:
        try:
            saved = await self._errand.slip.saved()
            if isinstance(saved, Pending):
                self._pending = saved
            elif saved is not None and not (self._errand.service.key_header or self._errand.service.asks_again):
                return Broken("its worker died while the request was under way; not asked again", taken=True)
            self._asked = saved is not None
            return await self._run()
        except JobCanceled:
            if not self._errand.keep_on_cancel():
                await self._tell_to_stop()
            raise
        except _TooLong:
            await self._tell_to_stop()
            taken = self._pending is not None or self._asked
            return Broken(f"not done within {self._pace.total_s:g} s", fault="passing", taken=taken)

    async def _run(self) -> Taken[T] | Refused | Broken:
        submits = 0 if self._pending is None else 1
        while True:
            resumed = self._pending is not None
            if self._pending is None:
                submits += 1
            result = await self._await(self._pending or await self._submit(submits))
            if isinstance(result, Broken) and not result.gone:
                await self._tell_to_stop()  # nobody will ask for it any more
                result = replace(result, taken=result.taken or self._pending is not None)
            if isinstance(result, Finished):
                result = await self._take(result, resumed=resumed)
            if not (isinstance(result, Broken) and result.gone and submits < SUBMITS):
                return result
            self._pending = None

    async def _submit(self, number: int) -> Parsed:
        errand = self._errand
        try:
            request = await asyncio.to_thread(errand.build)
        except Exception as problem:  # a third party's engine may fail in any way
            return Broken(f"its request could not be built: {type(problem).__name__}", fault="setup")
        if errand.service.key_header:
            key = f"{errand.key}-{number}"  # work that was lost is asked for under another key
            request = replace(request, headers={**request.headers, errand.service.key_header: key})
        return await self._ask(request, None)

    async def _await(self, parsed: Parsed) -> Finished | Refused | Broken:
        polls, waited = 0, True
        while isinstance(parsed, Pending):
            pending = await self._note(parsed)
            waited = not (pending.at_once and waited)  # never twice at once, whatever the service says
            if waited:
                await self._wait(self._pace.poll_s(polls, self._driver.dice()))
                polls += 1
            parsed = await self._ask(pending.poll, pending)
        return parsed

    async def _note(self, parsed: Pending) -> Pending:
        """Keep where the work is, on file when that is news, and report how far it is."""
        known = self._pending
        if parsed.cancel is None and known is not None:
            parsed = replace(parsed, cancel=known.cancel)
        self._pending = parsed
        if known is None or (known.remote_id, known.poll) != (parsed.remote_id, parsed.poll):
            await self._errand.slip.save(parsed)
            self._asked = False
        if 0 < parsed.fraction <= 1:
            self._errand.watch.progress(self._errand.index, parsed.fraction)
        return parsed

    async def _ask(self, request: Request, awaited: Pending | None) -> Parsed:
        """Send a request until it gets an answer that counts, or the tries are used up.

        Looking after work that is under way has no tries but the errand's time: the work is paid for.
        """
        attempt = 0
        while True:
            if awaited is None:
                await self._announce()
            parsed, after_s = await self._exchange(request, awaited)
            if not isinstance(parsed, Broken):
                return parsed
            if awaited is None and not parsed.taken:
                await self._withdraw()
            pause_s = max(after_s, self._pace.retry_s(attempt, self._driver.dice()))
            last = awaited is None and (attempt + 1 >= self._pace.tries or self._is_too_long(pause_s))
            if not parsed.retry or last:
                return parsed
            await self._wait(pause_s)
            attempt += 1

    async def _exchange(self, request: Request, awaited: Pending | None) -> tuple[Parsed, float]:
        """Send once; return what the answer means, and for how long the service wants to be left alone."""
        repeatable = request.repeatable or bool(self._errand.service.key_header)
        try:
            reply = await self._send(request, awaited)
        except SendFailed as failure:
            retry = repeatable or not failure.sent
            return Broken(str(failure), retry=retry, fault="passing", taken=failure.sent), 0.0
        parsed = self._parse(reply)
        if not isinstance(parsed, Broken):
            return parsed, 0.0
        after_s = max(retry_after_s(reply.headers), parsed.wait_s)
        if after_s and parsed.retry:
            await self._errand.turns.hold(after_s)
        # A good answer that makes no sense: the work may well have been done.
        return replace(parsed, taken=awaited is None and reply.status < 400 and parsed.blame == ""), after_s

    def _is_too_long(self, pause_s: float) -> bool:
        return self._errand.patience_s is not None and pause_s > self._errand.patience_s

    async def _announce(self) -> None:
        """Wait for a turn to ask for work and note that it is asked for now."""
        while (wait_ms := await self._errand.turns.wait_ms()) > 0:
            await self._wait(wait_ms / 1000)
        await self._errand.slip.save(Asked())  # also when it says so already: a claim that was lost hears of it here
        self._asked = True

    async def _withdraw(self) -> None:
        """Note that the request led to nothing."""
        self._asked = False
        await self._errand.slip.save(None)

    def _parse(self, reply: Reply) -> Parsed:
        try:
            return self._errand.service.parse(reply)
        except Exception as problem:  # it must not raise, and one that does must not take the job along
            return Broken(f"its answer (status {reply.status}) could not be read: {type(problem).__name__}")

    async def _send(self, request: Request, awaited: Pending | None) -> Reply:
        """Send and meanwhile look whether the job is still wanted."""
        service = self._errand.service
        sending = asyncio.ensure_future(
            self._driver.client.send(
                request, service.secrets, service.reach, timeout_s=self._pace.request_s, awaited=awaited
            )
        )
        try:
            while not sending.done():
                self._errand.watch.check()
                await asyncio.wait({sending}, timeout=CHECK_SECONDS)
        except JobCanceled:
            if awaited is None and service.queues:
                await self._hear_out(sending)
            raise
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            _ = sending.cancelled() or sending.exception()  # seen, so that nobody reports it as forgotten
        return sending.result()

    async def _hear_out(self, sending: "asyncio.Future[Reply]") -> None:
        """Learn what the service calls the work it is just accepting, so that it can be told to stop or found again."""
        await asyncio.wait({sending}, timeout=LAST_WORD_SECONDS)
        if sending.done() and sending.exception() is None:
            parsed = self._parse(sending.result())
            if isinstance(parsed, Pending):
                await self._note(parsed)

    async def _take(self, finished: Finished, *, resumed: bool) -> Taken[T] | Broken:
        """Get the file and read it. `resumed`: it may have been finished long ago, and its file be gone."""
        picture = next((one for one in finished.pictures if one), None)
        if picture is None:
            return Broken("it finished without a picture", taken=True)
        problem = ""
        for attempt in range(self._pace.tries if isinstance(picture, str) else 1):
            if attempt:
                await self._wait(self._pace.retry_s(attempt - 1, self._driver.dice()))
            self._errand.watch.check()
            try:
                data = picture if isinstance(picture, bytes) else await self._download(picture)
                read = await asyncio.to_thread(self._errand.read, data)
            except InputImageRejected as rejected:
                problem = rejected.message
            else:
                return Taken(read, finished.model, finished.seed)
        return Broken(f"its picture could not be had: {problem}", gone=resumed, taken=not resumed)

    async def _download(self, url: str) -> bytes:
        if url[:5].lower() == "data:":
            return decode_data_uri(url, MAX_PICTURE_BYTES).data
        policy = replace(
            self._driver.policy,
            max_bytes=MAX_PICTURE_BYTES,
            timeout_s=self._pace.request_s,
            # The operator chose this service, wherever it is; its own files may lie beside it.
            allow_hosts=(*self._driver.policy.allow_hosts, *endpoint(self._errand.service.reach.base_url)),
        )
        return (await fetch(url, policy)).data

    async def _tell_to_stop(self) -> None:
        """Ask the service to stop, once; whether it listens changes nothing."""
        if self._pending is None or self._pending.cancel is None:
            return
        service = self._errand.service
        try:
            await self._driver.client.send(
                self._pending.cancel,
                service.secrets,
                service.reach,
                timeout_s=min(LAST_WORD_SECONDS, self._pace.request_s),
            )
        except SendFailed:
            return

    async def _wait(self, seconds: float) -> None:
        """Sleep in short steps, so that a canceled job ends soon; _TooLong when the errand's time would be over."""
        until = self._driver.clock() + seconds
        if until > self._deadline:
            raise _TooLong
        while (left := until - self._driver.clock()) > 0:
            self._errand.watch.check()
            await self._driver.sleep(min(CHECK_SECONDS, left))
        self._errand.watch.check()
