"""Finds engines and decides which one answers for a model type. Built once at start-up, by `bootstrap`.

Built-in engines get no privilege: this scans the package like it reads the entry point, and knows no engine by name.
"""

import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import pydantic

import castlist.engines
from castlist.domain.cards import Card
from castlist.domain.errors import ModelUnavailable
from castlist.domain.model_types import MODEL_TYPES
from castlist.engines.base import Engine

ENTRY_POINT = "castlist.engines"
OWN_MODULES = {"base", "catalog", "parts"}

StandIn = Literal["auto", "always", "never"]


class DuplicateEngine(RuntimeError):
    """Two engines have the same id. Rename one: a silent winner would run other people's jobs."""


@dataclass(frozen=True, slots=True)
class Route:
    """The engines that may take a job, in order; at least one. `substituted`: one stands in for another model type."""

    engines: tuple[Engine, ...]
    substituted: bool

    @property
    def engine(self) -> Engine:
        """The one that is asked first."""
        return self.engines[0]


@dataclass(frozen=True)
class Catalog:
    """The engines of this installation, by id, and those that could not be loaded, with the reason."""

    engines: Mapping[str, Engine]
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    stand_in: StandIn = "auto"
    order: tuple[str, ...] = ()
    """Ids that come first when several engines serve a model type."""
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By model type, the ids of the only engines that may serve it, in order; other model types take all that can."""
    elsewhere: frozenset[str] = frozenset()
    """Engines that other processes run: whether they are ready is not asked here."""

    def cards(self) -> list[Card]:
        """Return all cards, in order."""
        return [engine.card for engine in self._ordered()]

    def model_types(self) -> list[str]:
        """Return every model type some loaded engine serves, each once."""
        return list(dict.fromkeys(name for card in self.cards() for name in card.model_types))

    def ready(self) -> list[Engine]:
        """Return the engines that can take a job now, in order."""
        return [engine for engine in self._ordered() if engine.card.id in self.elsewhere or engine.unready() is None]

    def route(self, model_type: str) -> Route:
        """Return who takes a job of this model type; raise `ModelUnavailable` naming the model types that are there."""
        ready = self.ready()
        serving = tuple(engine for engine in self.serving(model_type) if engine in ready)
        if serving:
            return Route(serving, substituted=model_type in serving[0].card.substitutes)
        others = [engine for engine in ready if not engine.card.stand_in]
        if self.stand_in == "always" or (self.stand_in == "auto" and not others):
            for engine in ready:
                if engine.card.stand_in:
                    return Route((engine,), substituted=True)
        there = sorted({name for engine in ready for name in engine.card.model_types})
        raise ModelUnavailable(
            f"No engine is ready for the model type {model_type}. "
            + (f"Ready now: {', '.join(there)}." if there else "No engine is ready at all; see `castlist engines`.")
        )

    def serving(self, model_type: str) -> list[Engine]:
        """Return the engines on the route of a model type, ready or not, in order."""
        able = [engine for engine in self._ordered() if model_type in engine.card.model_types]
        able.sort(key=lambda engine: model_type in engine.card.substitutes)
        if model_type not in self.routes:
            return able
        return [engine for name in self.routes[model_type] for engine in able if engine.card.id == name]

    def misrouted(self) -> list[str]:
        """Return what is wrong with the operator's routes, a sentence each."""
        found: list[str] = []
        for model_type, names in self.routes.items():
            if model_type not in {*self.model_types(), *(known.id for known in MODEL_TYPES)}:
                found.append(f"There is no model type {model_type}, for which there is a route.")
                continue
            serving = {engine.card.id for engine in self.serving(model_type)}
            for name in [name for name in names if name not in serving]:
                known = name in self.engines
                why = "does not serve it" if known else "could not be loaded" if name in self.broken else "is not there"
                found.append(f"The route of {model_type} names {name}, which {why}.")
        return found

    def _ordered(self) -> list[Engine]:
        rank = {name: place for place, name in enumerate(self.order)}

        def key(engine: Engine) -> tuple[int, int, str]:
            return rank.get(engine.card.id, len(rank)), engine.card.distance, engine.card.id

        return sorted(self.engines.values(), key=key)


def load(
    options: Mapping[str, Mapping[str, Any]],
    secrets: Mapping[str, str],
    *,
    stand_in: StandIn = "auto",
    order: tuple[str, ...] = (),
    routes: Mapping[str, tuple[str, ...]] | None = None,
) -> Catalog:
    """Find and build every engine.

    Args:
        options: by engine id, what the operator set for it.
        secrets: by name, the secrets the operator gave.
        stand_in, order, routes: see `Catalog`.

    Raises:
        DuplicateEngine: two engines have the same id.
    """
    engines: dict[str, Engine] = {}
    broken: dict[str, str] = {}
    for name, found in _modules():
        if isinstance(found, Exception):
            broken[name] = f"{type(found).__name__}: {found}"
            continue
        for kind in _engine_classes(found):
            card = kind.card
            if card.id in engines:
                raise DuplicateEngine(
                    f"two engines are called {card.id}: {name} and {type(engines[card.id]).__module__}"
                )
            try:
                chosen = card.options(**options.get(card.id, {}))
                engines[card.id] = kind(chosen, {key: secrets[key] for key in card.secrets if key in secrets})
            except pydantic.ValidationError as problem:
                broken[card.id] = f"its options are not valid: {problem}"
    return Catalog(engines, broken, stand_in, order, routes or {})


def _modules() -> Iterator[tuple[str, ModuleType | Exception]]:
    for info in pkgutil.iter_modules(castlist.engines.__path__):
        if info.name not in OWN_MODULES and not info.name.startswith("_"):
            yield _import(f"{castlist.engines.__name__}.{info.name}")
    for point in importlib.metadata.entry_points(group=ENTRY_POINT):
        yield _import(point.module)


def _import(name: str) -> tuple[str, ModuleType | Exception]:
    try:
        return name, importlib.import_module(name)
    except Exception as problem:  # a third party's engine may fail in any way; it is listed with its reason
        return name, problem


def _engine_classes(module: ModuleType) -> Iterator[type[Engine]]:
    for _, kind in inspect.getmembers(module, inspect.isclass):
        own = kind.__module__ == module.__name__ or kind.__module__.startswith(f"{module.__name__}.")
        if own and issubclass(kind, Engine) and not inspect.isabstract(kind) and hasattr(kind, "card"):
            yield kind
