"""The face as geometry: where it is, how large, which way it looks. Called by `reference`; knows no colours."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from castlist.vision.faces import Face as Detected

Points = NDArray[np.float32]

FOREHEAD, CHIN, LEFT_EAR, RIGHT_EAR = 10, 152, 234, 454
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)


@dataclass(frozen=True, slots=True, eq=False)
class FaceShape:
    """A face in picture px. Left and right are the viewer's; depth is px toward the viewer, zero at the ears."""

    points: Points
    """float32 [N, 3]: x, y, depth."""
    centre: Points
    """float32 [2]: the middle of the face."""
    eyes: Points
    chin: Points
    right: Points
    """float32 [2], unit length: along the eyes toward the viewer's right."""
    down: Points
    height_px: float
    """Forehead to chin."""
    yaw_deg: float
    """Of the face in the reference, signed as in `castlist.domain.poses`."""
    roll_deg: float

    def moved(self, right: float, down: float) -> "FaceShape":
        """Return the same face in a picture that was extended at the left and top by so many px."""
        by = np.array([right, down], np.float32)
        points = self.points + np.array([right, down, 0], np.float32)
        return replace(self, points=points, centre=self.centre + by, eyes=self.eyes + by, chin=self.chin + by)


def from_mesh(mesh: Points, detected: Detected) -> FaceShape:
    """Describe a face from its 468 landmarks (float32 [468, 3], px, z away from the viewer positive)."""
    left, right = mesh[list(LEFT_EYE), :2].mean(0), mesh[list(RIGHT_EYE), :2].mean(0)
    along = _unit(right - left, detected)
    ears = mesh[RIGHT_EAR] - mesh[LEFT_EAR]
    yaw_deg = float(np.degrees(np.arctan2(ears[2], np.hypot(ears[0], ears[1]))))
    height_px = float(np.linalg.norm(mesh[CHIN] - mesh[FOREHEAD]))
    ear_z = float(mesh[[LEFT_EAR, RIGHT_EAR], 2].mean())
    points = np.column_stack([mesh[:, :2], ear_z - mesh[:, 2]]).astype(np.float32)
    return FaceShape(
        points=points,
        centre=mesh[:, :2].mean(0),
        eyes=(left + right) / 2,
        chin=mesh[CHIN, :2].copy(),
        right=along,
        down=np.array([-along[1], along[0]], np.float32),
        height_px=height_px,
        yaw_deg=yaw_deg,
        roll_deg=float(np.degrees(np.arctan2(along[1], along[0]))),
    )


def from_box(detected: Detected) -> FaceShape:
    """Describe a face of which only the box and five points are known: an ellipsoid stands in for the mesh."""
    x, y, width, height = (float(value) for value in detected.box)
    u, v = np.meshgrid(np.linspace(-0.95, 0.95, 15), np.linspace(-0.95, 0.95, 19))
    inside = u**2 + v**2 < 0.95
    u, v = u[inside], v[inside]
    depth = 0.62 * width * np.sqrt(1 - u**2 - v**2)
    points = np.column_stack([x + width / 2 * (1 + u), y + height / 2 * (1 + v), depth]).astype(np.float32)
    eyes = detected.points[:2].mean(0)
    along = _unit(detected.points[1] - detected.points[0], detected)
    nose = (float(detected.points[2, 0]) - float(eyes[0])) / max(width, 1.0)
    return FaceShape(
        points=points,
        centre=np.array([x + width / 2, y + height / 2], np.float32),
        eyes=eyes.astype(np.float32),
        chin=np.array([x + width / 2, y + height], np.float32),
        right=along,
        down=np.array([-along[1], along[0]], np.float32),
        height_px=height,
        yaw_deg=float(np.clip(120 * nose, -60, 60)),
        roll_deg=float(np.degrees(np.arctan2(along[1], along[0]))),
    )


def _unit(vector: Points, detected: Detected) -> Points:
    """Return the eye line as a unit vector toward the viewer's right; level when the eyes coincide (profiles)."""
    if vector[0] < 0:
        vector = -vector
    length = float(np.linalg.norm(vector))
    if length < 0.08 * float(detected.box[2]):
        return np.array([1, 0], np.float32)
    return (vector / length).astype(np.float32)
