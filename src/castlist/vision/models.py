"""Owns the onnxruntime sessions of the bundled models: one per model and process, made on first use.

Called by the other modules of ``vision`` and by ``scoring``. It must not know what a model means; callers prepare
inputs and read outputs.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from castlist import data

if TYPE_CHECKING:
    import onnxruntime

THREADS = 2  # per model; the aim is two cores, and more threads than cores only wait for one another

_sessions: dict[str, onnxruntime.InferenceSession] = {}
_locks: dict[str, threading.Lock] = {}
_lock = threading.Lock()


def session(name: str, *, threads: int = THREADS) -> onnxruntime.InferenceSession:
    """Return the loaded model, loading it on the first call.

    Safe to call and to run from several threads at once; two different models load side by side.

    Args:
        name: a file in ``castlist/data/models`` without ``.onnx``, e.g. ``sface``.
        threads: cores one run may use; it counts on the first call only.

    Raises:
        FileNotFoundError: there is no such model.
    """
    found = _sessions.get(name)
    if found is not None:
        return found
    with _lock:
        own = _locks.setdefault(name, threading.Lock())
    with own:
        if name not in _sessions:
            _sessions[name] = _load(name, threads)
        return _sessions[name]


def _load(name: str, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # Idle workers that spin would take the second core from the rest of the service.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights stored as bytes are widened once, on loading, and not again in every run: that halves SFace's time.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # Inputs differ in size from picture to picture; an arena would keep the memory of the largest one for good.
    options.enable_cpu_mem_arena = False
    path = data.path(f"models/{name}.onnx")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
