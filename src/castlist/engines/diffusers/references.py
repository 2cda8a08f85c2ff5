"""One reference pass for all images: for transformers whose reference tokens attend to themselves alone.

In FLUX.2 klein 9B-KV the reference tokens see no text, no noise and no other step: their modulation is that of time 0
and their positions do not depend on the output. So their keys and values are the same for every prompt, seed, step and
size, and what the first image of a character computed serves all others to the bit. The pipeline keeps them within one
call; the hooks here keep them between calls, under a hash of the reference tokens and their positions.

Source: `_flux2_kv_causal_attention` and `ref_fixed_timestep` in diffusers 0.42.1, `transformer_flux2.py`.
"""

from typing import Any

from castlist.engines.diffusers import libraries
from castlist.engines.diffusers.shared import Shelf, fingerprint


def share(transformer: Any, shelf: Shelf) -> None:
    """Keep the reference keys and values of this transformer on the shelf, and use those that are there."""
    passes = _Passes(shelf)
    transformer.register_forward_pre_hook(passes.before, with_kwargs=True)
    transformer.register_forward_hook(passes.after, with_kwargs=True)


class _Passes:
    """The two sides of one forward call. A pipeline runs one at a time."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._key = ""
        self._spliced = False

    def before(self, _module: Any, args: Any, call: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        """Turn a call that would compute the references into one that uses what is on the shelf."""
        self._spliced = False
        if call.get("kv_cache_mode") != "extract":
            return None
        count = call["num_ref_tokens"]
        tokens, positions = call["hidden_states"], call["img_ids"]
        # The references of a batch are one set, repeated: the first row stands for all.
        self._key = fingerprint(("references", tokens[:1, :count], positions[:1, :count]))
        kept = self._shelf.get(self._key)
        if kept is None:
            return None
        self._spliced = True
        changed = {
            "hidden_states": tokens[:, count:],
            "img_ids": positions[:, count:],
            "kv_cache": _filled(kept, count, len(tokens)),
            "kv_cache_mode": "cached",
            "num_ref_tokens": 0,
        }
        return args, {**call, **changed}

    def after(self, _module: Any, _args: Any, call: dict[str, Any], output: Any) -> Any:
        """Keep what a first pass computed; give the pipeline what it expects of one when there was none."""
        if self._spliced:
            return (output[0], call["kv_cache"])
        if call.get("kv_cache_mode") == "extract":
            computed = output[1]
            layers = [*computed.double_block_caches, *computed.single_block_caches]
            pairs = [(layer.k_ref[:1].clone(), layer.v_ref[:1].clone()) for layer in layers]
            self._shelf.put(self._key, (pairs, len(computed.double_block_caches)))
        return None


def _filled(kept: Any, count: int, batch: int) -> Any:
    """Return a cache of its own for one call: the pipeline empties it at the end."""
    pairs, doubles = kept
    cache = libraries.kv_cache_of_flux2()(doubles, len(pairs) - doubles)
    cache.num_ref_tokens = count
    for layer, (key, value) in zip([*cache.double_block_caches, *cache.single_block_caches], pairs, strict=True):
        layer.store(key.expand(batch, -1, -1, -1), value.expand(batch, -1, -1, -1))
    return cache
