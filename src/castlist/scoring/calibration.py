"""Puts every measure on one scale: 0-1, where 0.5 is where the same character begins.

Called by ``identity``. It must not measure anything; numbers in, numbers out.

Sources. SFace: cosine 0.363 on LFW (frontal faces) and 0.212 on CFP-FP (frontal against profile), OpenCV's tutorial
"DNN-based Face Detection And Recognition" (read 2026-11-22). dlib: distance 0.6, for which it was trained (README of
davisking/dlib-models, read 2026-11-22); for profiles nothing is published, and strangers come as near as 0.65, so it
stays. The rest: 58 pairs of one person and 347 of two in photographs that are not part of the project.
"""

from __future__ import annotations

import numpy as np

FRONTAL_COSINE, PROFILE_COSINE = 0.363, 0.212
MOST_DISTANCE = 0.6
"""Of two dlib descriptors of one person, whatever the pose."""
FRONTAL_DEGREES, PROFILE_DEGREES = 20.0, 70.0
"""A turn up to which photographs count as frontal, and from which as profile."""

SAME, DOUBTFUL = 0.5, 0.4
"""On the common scale: from here on the same character; from here on doubtful rather than different."""

# Distances over the limit, and what they are on the common scale: measured pairs of one person have their median at
# 0.61 of the limit where the cosine's median is worth 0.84; pairs of two people at 1.47, where it is worth 0.18.
_DISTANCES, _DISTANCE_SCORES = (0.0, 0.61, 1.0, 1.47, 1.75), (1.0, 0.84, 0.5, 0.18, 0.0)

# Agreement of colours and details, and what it is on the common scale; see ``appearance`` for the drawings measured.
_LOOKS, _LOOK_SCORES = (0.0, 0.5, 0.7, 1.0), (0.0, DOUBTFUL, SAME, 1.0)


def least_cosine(turn: float) -> float:
    """Return the cosine of two SFace embeddings from which on two faces count as one person.

    Args:
        turn: degrees that either head is turned from frontal, or the two from one another, whichever is most.

    Returns:
        0.363 up to 20 degrees, falling in a straight line to 0.212 at 70 degrees and beyond.
    """
    share = (abs(turn) - FRONTAL_DEGREES) / (PROFILE_DEGREES - FRONTAL_DEGREES)
    return FRONTAL_COSINE + (PROFILE_COSINE - FRONTAL_COSINE) * min(max(share, 0.0), 1.0)


def cosine_score(cosine: float, turn: float) -> float:
    """Put a cosine of SFace on the common scale: straight lines from 0 to the pose's threshold and from there to 1."""
    return float(np.interp(cosine, (0.0, least_cosine(turn), 1.0), (0.0, SAME, 1.0)))


def distance_score(distance: float) -> float:
    """Put a distance of dlib's descriptors on the common scale."""
    return float(np.interp(distance / MOST_DISTANCE, _DISTANCES, _DISTANCE_SCORES))


def look_score(agreement: float) -> float:
    """Put the agreement of two looks, 0-1, on the common scale."""
    return float(np.interp(agreement, _LOOKS, _LOOK_SCORES))
