"""Measures how much a picture shows the same character as its reference.

Called by ``flow`` after each picture. It must not change pictures and must not import an engine.
"""

from castlist.scoring.identity import Identity, Reference, identify

__all__ = ["Identity", "Reference", "identify"]
