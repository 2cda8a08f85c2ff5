"""An event loop whose time is a number: it jumps to the next timer instead of waiting. One thread, no sockets.

What castlist sends to threads runs here too, after a while that the world decides, so the order of everything that
happens depends on the seed alone.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn


class Deadlock(Exception):
    """Everybody waits and no timer is set."""


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop of one history. `thread_s` says how long the next call in a thread takes."""

    def __init__(self, thread_s: Callable[[], float]) -> None:
        super().__init__()
        self._now_s = 0.0
        self._clock_resolution = 1e-9
        self._selector = self  # asked by the base class how long to wait
        self._thread_s = thread_s
        self.lost: list[BaseException] = []
        """Exceptions of tasks that nobody looked at."""
        self.set_exception_handler(lambda _, context: self._note(context))

    def time(self) -> float:
        """Return seconds since the history began."""
        return self._now_s

    def jump(self, to_s: float) -> None:
        """Move time forward at once."""
        self._now_s = max(self._now_s, to_s)

    def select(self, timeout: float | None) -> list[object]:
        """Wait like a selector would: by moving the time."""
        if timeout is None:
            raise Deadlock
        self._now_s += timeout
        return []

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Call a function as if in a thread: later, and not at the same moment as anything else."""
        future = self.create_future()
        self.call_later(self._thread_s(), _call, future, func, args)
        return future

    def add_signal_handler(self, *_: object) -> None:
        """Signals do not reach this world."""

    def _note(self, context: dict[str, Any]) -> None:
        if (problem := context.get("exception")) is not None:
            self.lost.append(problem)

    def _process_events(self, event_list: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def _make_socket_transport(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError


def _call(future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if future.done():
        return
    try:
        result = func(*args)
    except BaseException as problem:  # carried to whoever waits, as a thread pool does
        future.set_exception(problem)
    else:
        future.set_result(result)
