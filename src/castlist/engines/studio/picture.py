"""Makes one image from start to end: view, surroundings, light, join. Called by the engine for each shot."""

from dataclasses import dataclass, replace

import numpy as np

from castlist.domain.cards import TRANSPARENT
from castlist.domain.poses import Pose
from castlist.domain.tasks import Shot, Task, Watch
from castlist.engines.studio import backdrop, compose, light, meaning, notes, ops, place, shoot, style
from castlist.engines.studio.ops import Map, Pixels
from castlist.engines.studio.plates import Choice, Collection
from castlist.engines.studio.reference import Prepared

GAIN = (0.55, 1.12)
"""Least and most that the brightness of a place may change the character's."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What all images of a task share: who, and where."""

    prepared: Prepared
    task: Task
    choice: Choice | None
    """The place the prompt means; None without a prompt, or when nothing at hand resembles it."""
    collection: Collection

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the images, px."""
        return self.task.width_px, self.task.height_px


def stage(prepared: Prepared, task: Task, collection: Collection) -> Scene:
    """Decide where a task takes place. Depends on prompt and job seed, not on the shots."""
    wanted = task.prompt if task.background not in (TRANSPARENT, "green screen") else None
    choice = collection.choose(wanted, task.job_seed) if wanted else None
    return Scene(prepared, task, choice, collection)


def make(scene: Scene, shot: Shot, watch: Watch) -> tuple[Pixels, tuple[str, ...]]:
    """Make the image of one shot.

    Returns:
        uint8 [H, W, 3], or [H, W, 4] for a transparent background; and notes for the customer.
    """
    prepared, task = scene.prepared, scene.task
    shot = replace(shot, pose=_posed(shot.pose, meaning.faces(task.prompt or "")))
    there = scene.choice is not None
    inside = not there and task.background == "original"
    view = shoot.take(prepared, shot, scene.size, inside=inside, anchored=there)
    watch.progress(shot.index, 0.4)
    watch.check()
    picture = _surrounded(scene, shot, view, watch)
    names = meaning.styles(task.prompt or "")[:1]
    for name in names:
        watch.check()
        picture = style.put_on(name, picture, shot.seed, view.alpha)
        if scene.choice is None and task.background in backdrop.FLAT:
            flat = backdrop.flat(task.background, scene.size)
            picture = compose.over(picture.astype(np.float32), view.alpha, flat)
    if task.background == TRANSPARENT:
        picture = np.dstack([picture, ops.to_bytes(view.alpha)])
    said = notes.of(
        task.prompt,
        scene.choice,
        prepared.people,
        tuple(names),
        tight=view.frame.tight,
        able=prepared.features.able(),
    )
    return picture, said


def _posed(pose: Pose, asked: frozenset[str]) -> Pose:
    """Return the pose with the gaze and the smile that the prompt asks for."""
    smile = 1.0 if "smile" in asked else 0.0 if "serious" in asked else pose.smile
    gaze = "camera" if "eye contact" in asked else "aside" if "sideways" in asked else pose.gaze
    return replace(pose, smile=smile, gaze=gaze)


def _surrounded(scene: Scene, shot: Shot, view: shoot.View, watch: Watch) -> Pixels:
    """Put the character where the task wants it: uint8 [H, W, 3]; for a transparent background on nothing."""
    task = scene.task
    if scene.choice is not None:
        return _in_place(scene, scene.choice, shot, view, watch)
    if task.background == TRANSPARENT:
        return np.ascontiguousarray(view.colour)
    colour = view.colour.astype(np.float32)
    if task.background == "original":
        return compose.over(colour, view.alpha, backdrop.own_scene(scene.prepared, view.frame, scene.size))
    if task.background in backdrop.FLAT:
        if task.background == "green screen":
            colour = compose.without_spill(colour, view.alpha)
        return compose.over(colour, view.alpha, backdrop.flat(task.background, scene.size))
    return _in_studio(scene, shot, view, watch)


def _in_studio(scene: Scene, shot: Shot, view: shoot.View, watch: Watch) -> Pixels:
    """Put the character before a studio wall, lit from the side the shot's seed says."""
    side = backdrop.light_side(shot.seed)
    standing = scene.prepared.extent.cuts.bottom is None
    wall = backdrop.wall(view.alpha, scene.task.job_seed, shot.seed, standing)
    watch.progress(shot.index, 0.7)
    watch.check()
    strength = 0.3 if scene.prepared.drawn else 1.0
    above, key = np.random.default_rng([shot.seed, 7]).uniform((0.3, 0.35), (0.6, 0.65))
    shade = _shade(scene, view, light.of_studio(side, float(above), float(key)), 0.0, strength)
    return compose.over(light.relight(view.colour, shade, 1.0), view.alpha, wall)


def _in_place(scene: Scene, choice: Choice, shot: Shot, view: shoot.View, watch: Watch) -> Pixels:
    """Put the character into a place, in its light."""
    spot = choice.place
    drawn = scene.prepared.drawn
    pixels = scene.collection.pixels(spot.painted if drawn and spot.painted else spot.path)
    watch.check()
    turn = float(np.random.default_rng([shot.seed, 4]).uniform(-1, 1))
    extent = scene.prepared.extent
    sight = place.aim(spot, extent, view.frame, shot.pose, size=scene.size, turn=turn)
    if drawn:
        sight = replace(sight, blur_px=0.0)
    back = place.photograph(pixels, spot, sight, scene.size)
    if drawn and not spot.painted:
        back = style.painted(back.astype(np.uint8)).astype(np.float32)
    watch.progress(shot.index, 0.7)
    watch.check()
    hour = _other_hour(scene.task.prompt or "", choice)
    if hour:
        back = light.at_hour(back, hour)
    yaw = sight.yaw_deg if spot.panorama else 0.0
    shade = _shade(scene, view, scene.collection.light(spot), yaw, 0.4 if drawn else 1.0)
    gain = compose.exposure(view.colour, view.alpha, back, GAIN)
    colour = light.relight(view.colour, shade, gain)
    if hour:
        colour = light.at_hour(colour, hour, 0.36)
    return compose.join(colour, view.alpha, back, shot.seed, 0.0 if drawn else 1.6)


def _other_hour(prompt: str, choice: Choice) -> str | None:
    """Return the hour that the prompt names and an outdoor place does not show, when it can be graded."""
    have = choice.place.reading
    wanted = [concept for concept in meaning.read(prompt) if concept in light.HOURS]
    if not wanted or "outdoors" not in have:
        return None
    known = [concept for concept in have if concept in light.HOURS or concept == "day"]
    akin = max((meaning.kin(wanted[0], concept) for concept in known if have[concept] > 0.5), default=0.0)
    return wanted[0] if akin < 0.5 else None


def _shade(scene: Scene, view: shoot.View, there: light.Light, yaw_deg: float, strength: float) -> Map:
    """Return the shading of the character for every output pixel. float32 [H, W, 3]"""
    width, height = scene.size
    coarse = view.points[::4, ::4]
    alpha = ops.resize(view.alpha, coarse.shape[1], coarse.shape[0])
    shade = light.shading(there, yaw_deg, scene.prepared.relief.at(np.ascontiguousarray(coarse)), alpha)
    return ops.resize(shade ** np.float32(strength), width, height)
