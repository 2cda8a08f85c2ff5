"""What is computed once and used again: encoded pictures and prompts, and reference keys and values.

A shelf belongs to one loading of one model, so weights, LoRA and number format are the same for all it holds; a model
loaded again begins with an empty one. The key is a hash of the very numbers that went in. Anything whose content cannot
be hashed is computed anew: a wrong hit would show one customer's character to another.
"""

import functools
import hashlib
import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from castlist.engines.diffusers import libraries

Call = Callable[..., Any]


class Unknown(Exception):
    """A value whose content cannot be told."""


class Shelf:
    """Results by key, the least recently used dropped first when they outgrow `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self.hits = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """How much everything on it takes."""
        return sum(size for _, size in self._kept.values())

    def get(self, key: str) -> Any | None:
        """Return what was put under this key, None when there is nothing."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return found[0]

    def put(self, key: str, value: Any) -> None:
        """Keep a value made of tensors, if it fits at all."""
        size = _bytes(value)
        if size > self._limit_bytes:
            return
        self._kept[key] = (value, size)
        while self.size_bytes > self._limit_bytes:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def shrink(self) -> None:
        """Forget everything and keep at most half as much from now on: there was no room for it."""
        self._limit_bytes = self.size_bytes // 2
        self.clear()


def remember(owner: Any, name: str, shelf: Shelf, *, ignoring: tuple[str, ...] = ()) -> None:
    """Make a method of an object return what it returned before for arguments of the same content.

    Args:
        ignoring: arguments that do not change the result.
    """
    method: Call = getattr(owner, name)
    shape = inspect.signature(method)

    @functools.wraps(method)
    def remembering(*args: Any, **kwargs: Any) -> Any:
        bound = shape.bind(*args, **kwargs)
        bound.apply_defaults()
        given = {key: value for key, value in bound.arguments.items() if key not in ignoring}
        try:
            key = fingerprint((name, given))
        except Unknown:
            return method(*args, **kwargs)
        found = shelf.get(key)
        if found is None:
            found = method(*args, **kwargs)
            shelf.put(key, found)
        return found

    setattr(owner, name, remembering)


def fingerprint(value: Any) -> str:
    """Return a SHA-256 of a value's whole content, types and shapes included; Unknown when it has no such thing."""
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    """Feed a value so that no two different ones feed the same: each part says its type and its length."""
    torch = libraries.torch()
    match value:
        case None | bool() | int() | float() | str() | torch.device() | torch.dtype():
            text = f"{type(value).__name__}:{value}".encode()
            digest.update(b"%d:" % len(text) + text)
        case list() | tuple():
            digest.update(b"list:%d:" % len(value))
            for one in value:
                _feed(digest, one)
        case dict():
            digest.update(b"dict:%d:" % len(value))
            for key, one in value.items():
                _feed(digest, key)
                _feed(digest, one)
        case torch.Tensor():
            data = value.detach().contiguous().cpu()
            _feed(digest, ("tensor", str(value.dtype), tuple(value.shape), str(value.device)))
            digest.update(data.flatten().view(torch.uint8).numpy())
        case _ if hasattr(value, "tobytes") and hasattr(value, "mode") and hasattr(value, "size"):  # a PIL image
            _feed(digest, ("image", value.mode, tuple(value.size)))
            digest.update(value.tobytes())
        case _:
            raise Unknown(type(value).__name__)


def _bytes(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(_bytes(one) for one in value)
    return value.nbytes if hasattr(value, "nbytes") else 0
