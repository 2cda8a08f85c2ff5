"""Take the portraits and drawn characters of ``castlist/data/samples`` out of their packages.

Called by ``__main__.py``.
"""

from __future__ import annotations

from .sources import Source

ASTRONAUT = Source(
    "pypi",
    "scikit-image",
    "0.26.0",
    "skimage/data/astronaut.png",
    "x",
    "public domain (NASA)",
)
