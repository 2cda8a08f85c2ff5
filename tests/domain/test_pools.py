"""Which pool a job goes to follows from its engine, then its model type, then nothing."""

from castlist.domain.pools import DEFAULT_POOL, Pool, Pools

POOLS = Pools({"gpu": Pool(engines=("diffusers",)), "far": Pool(model_types=("nano-banana-2",), engines=("gemini",))})


def test_an_engine_comes_before_a_model_type() -> None:
    assert POOLS.of("diffusers", "nano-banana-2") == "gpu"
    assert POOLS.of("fal", "nano-banana-2") == "far"
    assert POOLS.of("studio", "studio") == DEFAULT_POOL
    assert Pools().of("studio", "studio") == DEFAULT_POOL


def test_engines_of_other_pools_are_elsewhere() -> None:
    assert POOLS.elsewhere("gpu") == {"gemini"}
    assert POOLS.elsewhere(DEFAULT_POOL) == {"diffusers", "gemini"}
    assert POOLS.names() == [DEFAULT_POOL, "gpu", "far"]
