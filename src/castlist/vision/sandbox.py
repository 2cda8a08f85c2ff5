"""Decodes pictures of unknown origin in child processes that may use little memory and open nothing.

Owns the children: starts them when they are needed, gives each one picture at a time, ends and replaces one that
crashes or takes too long. Called by whoever takes in a stranger's bytes, through `Service.decode`. What a child may
do is in `sandboxed`.
"""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from typing import IO

import numpy as np

from castlist.domain.errors import InputImageRejected
from castlist.vision.picture import MAX_FILE_BYTES, MAX_PIXELS, Picture
from castlist.vision.sandboxed import REFUSAL, REPLY, REQUEST

MEMORY_BYTES = 256 * 1024 * 1024
SECONDS = 20.0
"""Longer than the largest honest picture takes on a slow machine; shorter than anybody waits."""


class Sandbox:
    """A few decoding children. Safe to use from many threads; a picture waits while all are at work.

    Args:
        children: how many at most.
        memory_bytes: resident memory a child may reach.
        seconds: after which a child is ended and its picture refused.
    """

    def __init__(self, *, children: int = 2, memory_bytes: int = MEMORY_BYTES, seconds: float = SECONDS) -> None:
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._idle: queue.LifoQueue[subprocess.Popen[bytes] | None] = queue.LifoQueue()
        for _ in range(children):
            self._idle.put(None)
        self._closed = False

    def decode(self, data: bytes, *, max_pixels: int = MAX_PIXELS, max_side: int | None = None) -> Picture:
        """Decode as `picture.decode` does; blocks, so call it in a thread.

        Raises: InputImageRejected, also for a picture on which the decoder crashed, ran too long or out of memory.
        """
        if len(data) > MAX_FILE_BYTES:
            raise InputImageRejected(f"The picture is larger than {MAX_FILE_BYTES / 1e6:g} MB.")
        child = self._idle.get()
        try:
            for _ in range(2):  # one that was idle may have died of something other than this picture
                child = child or self._start()
                try:
                    return self._ask(child, data, max_pixels, max_side)
                except (OSError, EOFError):
                    _end(child)
                    child = None
            raise InputImageRejected("The picture could not be decoded; it may be damaged.")
        finally:
            if self._closed:
                _end(child)
            self._idle.put(child)

    def pids(self) -> list[int]:
        """Return the process ids of the children that are idle now."""
        return [child.pid for child in list(self._idle.queue) if child is not None and child.poll() is None]

    def close(self) -> None:
        """End the children that are idle now, and each other one after its picture."""
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                _end(self._idle.get_nowait())

    def _start(self) -> "subprocess.Popen[bytes]":
        # An environment of its own: none of the installation's secrets are in the child.
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "castlist.vision.sandboxed", str(self._memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=os.sep,
        )

    def _ask(self, child: "subprocess.Popen[bytes]", data: bytes, max_pixels: int, max_side: int | None) -> Picture:
        assert child.stdin is not None
        assert child.stdout is not None
        guard = threading.Timer(self._seconds, child.kill)
        guard.start()
        try:
            child.stdin.write(REQUEST.pack(len(data), max_pixels, max_side or 0))
            child.stdin.write(data)
            child.stdin.flush()
            return _read(child.stdout)
        finally:
            guard.cancel()


def _read(source: IO[bytes]) -> Picture:
    if (kind := _exactly(source, 1)[0]) == 0:
        (length,) = REFUSAL.unpack(b"\0" + _exactly(source, REFUSAL.size - 1))[1:]
        raise InputImageRejected(bytes(_exactly(source, length)).decode())
    head = bytes([kind]) + _exactly(source, REPLY.size - 1)
    _, height, width, full_height, full_width, form, sha256 = REPLY.unpack(head)
    colours = np.frombuffer(_exactly(source, height * width * 3), np.uint8).reshape(height, width, 3)
    alpha = None
    if kind == 2:
        levels = np.frombuffer(_exactly(source, height * width), np.uint8).reshape(height, width)
        alpha = np.divide(levels, 255, dtype=np.float32)
    return Picture(colours, alpha, form.rstrip(b"\0").decode(), sha256.decode(), full_width, full_height)


def _exactly(source: IO[bytes], size: int) -> bytearray:
    """Read so many bytes, writable, or raise EOFError: the child is gone."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = source.readinto(view)  # pyright: ignore[reportAttributeAccessIssue]
        if not count:
            raise EOFError
        view = view[count:]
    return buffer


def _end(child: "subprocess.Popen[bytes] | None") -> None:
    if child is None:
        return
    child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    child.wait()
