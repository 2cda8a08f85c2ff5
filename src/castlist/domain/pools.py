"""Pools: groups of workers, each with a queue of its own. Which pool a job goes to follows from its engine alone.

Used by `submit`, which names the queue, and by workers, which say what they serve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DEFAULT_POOL = "default"


@dataclass(frozen=True, slots=True)
class Pool:
    """The engines whose jobs its workers run, the model types likewise, and how many jobs one worker runs at once."""

    engines: Sequence[str] = ()
    model_types: Sequence[str] = ()
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Pools:
    """All pools by name. What none of them names is the default pool's."""

    pools: Mapping[str, Pool] = field(default_factory=dict[str, Pool])

    def of(self, engine: str, model_type: str) -> str:
        """Return the pool of a job; one that names its engine comes before one that names its model type."""
        for name, pool in self.pools.items():
            if engine in pool.engines:
                return name
        for name, pool in self.pools.items():
            if model_type in pool.model_types:
                return name
        return DEFAULT_POOL

    def names(self) -> list[str]:
        """Return the names of all pools, the default one first."""
        return list(dict.fromkeys([DEFAULT_POOL, *self.pools]))

    def elsewhere(self, served: str) -> frozenset[str]:
        """Return the engines that only workers of pools other than `served` run: whether they are ready is theirs to
        know."""
        return frozenset(engine for name, pool in self.pools.items() if name != served for engine in pool.engines)
