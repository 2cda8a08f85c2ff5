"""The places that castlist can photograph a character in. Data only; read by ``plates.py``.

Views are (yaw in degrees, what it shows): directions that make a good backdrop, with open space before the camera,
chosen by eye at full size. ``tone`` are options of ``panorama.tone_map``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .sources import Source

PMNDRS = ("npm", "@pmndrs/assets", "1.7.0")
BLENDER = ("debian", "blender-data", "3.4.1+dfsg-2")
LOMIRI = ("debian", "lomiri-wallpapers-16.04", "20.04.0-2")
_WORLD = "usr/share/blender/datafiles/studiolights/world/"
_WALLS = "usr/share/backgrounds/"
OWN = ("own", "castlist", "1", "CC0-1.0 (castlist, rendered with Blender Cycles)")
HDRI_HAVEN = "CC0-1.0 (HDRI Haven, Greg Zaal and others)"


@dataclass(frozen=True)
class Plate:
    """One place: its picture and what can be said about it."""

    id: str
    source: Source
    caption: str
    words: str
    setting: str  # indoor or outdoor
    time: str
    weather: str
    mood: str
    views: tuple[tuple[float, str], ...]
    tone: dict[str, Any] = field(default_factory=dict[str, Any])
    panorama: bool = True
    horizon: float = 0.5  # the horizon's row as a share of the height
    # Photographs: the part to keep (left, top, right, bottom), and yaw, elevation and colour of the main light.
    crop: tuple[float, float, float, float] = (0, 0, 1, 1)
    key: tuple[float, float, tuple[float, float, float]] = (0, 60, (1, 1, 1))


def _pmndrs(name: str, sha256: str) -> Source:
    return Source(*PMNDRS, f"package/hdri/{name}.exr.js", sha256, HDRI_HAVEN)


def _blender(name: str, sha256: str) -> Source:
    return Source(*BLENDER, f"{_WORLD}{name}.exr", sha256, HDRI_HAVEN)


def _lomiri(name: str, sha256: str, author: str) -> Source:
    return Source(*LOMIRI, f"{_WALLS}{name}", sha256, f"CC-BY-4.0 ({author}, 2018)")


def _rendered(name: str) -> Source:
    return Source(*OWN[:3], f"scripts/rebuild_data/scenes.py {name}", "", OWN[3])


PLATES: tuple[Plate, ...] = (
    Plate(
        "apartment",
        _pmndrs("apartment", "74c0206dd58bed5fd0795194c3eb0d6f1a7e30c26a831dc239617de707d3a6d8"),
        "bright empty apartment with a large window and a wooden floor",
        "home house apartment flat loft living room window curtain wooden floor wall lamp moving in yoga",
        "indoor",
        "morning",
        "clear",
        "calm warm bright",
        (
            (35, "living room before a large window"),
            (75, "window corner with sunlight on the floor"),
            (110, "plain wall with evening lamps and sunlight"),
            (-165, "open kitchen counter"),
        ),
        {"target": 0.55},
    ),
    Plate(
        "bridge",
        _pmndrs("bridge", "0e0c4def1bd2e8f88d13de12e708047a103b845116f6a04737a25127ad115cb0"),
        "glass skyway between modern buildings",
        "corridor skyway bridge tunnel airport terminal hallway glass modern futuristic business spaceship travel",
        "indoor",
        "day",
        "overcast",
        "modern cool clean",
        (
            (-35, "glass wall with garden and a tall building"),
            (140, "glass wall with shops across"),
            (48, "long bright corridor"),
            (-132, "long bright corridor the other way"),
        ),
        {"target": 0.46},
    ),
    Plate(
        "city",
        _pmndrs("city", "dcb14d9dfc48d83e7cc38c7fbb76416cac3a959a59a80d4b0fbfd9dbf4a05ed3"),
        "big city square with skyscrapers and wide streets",
        "city downtown street avenue square plaza skyscraper tower office business urban traffic berlin metropolis",
        "outdoor",
        "day",
        "overcast",
        "urban busy neutral",
        (
            (58, "wide avenue between towers"),
            (12, "towers behind a bench"),
            (97, "glass tower at a crossing"),
            (160, "station entrance"),
        ),
        {"target": 0.48, "keep": 0.9},
    ),
    Plate(
        "dawn",
        _pmndrs("dawn", "455ea02a016b2d177faa501e812ea993b43f223480fe3fe6abded88c5f242cf2"),
        "rocky desert mountains under a purple dawn sky",
        "desert mountain hills canyon rocks wilderness nature hiking adventure planet mars western",
        "outdoor",
        "dawn",
        "clear",
        "dramatic romantic vast",
        (
            (45, "mountains before the first light"),
            (95, "valley and pink clouds"),
            (145, "rocks under a purple sky"),
            (-135, "reddish hills at dawn"),
            (0, "dark ridge and pink sky"),
        ),
        {"target": 0.46, "keep": 0.75},
    ),
    Plate(
        "esplanade",
        _pmndrs("esplanade", "1c7a9a7da193deafd6494a55c21a0a198b72e9024a5faae6e2d3db66a87154dc"),
        "shopping mall atrium with warm lights and wood",
        "mall shopping shop store boutique cafe coffee restaurant bar hotel lobby casino cinema ship cruise atrium",
        "indoor",
        "evening",
        "none",
        "warm lively luxurious",
        (
            (150, "gallery of shops and cafe tables under skylights"),
            (-45, "bright foyer with art"),
            (30, "shop front with warm lights"),
            (-150, "balcony with wooden columns"),
        ),
    ),
    Plate(
        "forest",
        _pmndrs("forest", "d37ba5af4a60e169f22482f299a14dde2c84455142eb2074d791c863aa619a79"),
        "sunny pine forest with mossy rocks and a path",
        "forest woods woodland pine trees trail path hiking hike camping nature wilderness moss rocks",
        "outdoor",
        "day",
        "clear",
        "fresh peaceful green",
        (
            (-100, "trail between mossy rocks"),
            (140, "large pines and forest floor"),
            (20, "rock wall behind pines"),
            (90, "clearing under pines"),
            (175, "sunlit pine woods"),
        ),
        {"target": 0.42, "keep": 0.6},
    ),
    Plate(
        "hall",
        _pmndrs("hall", "55db560c95f87b2c0cb82079d87c684fb0be8890d33e97a3628246740bef09e2"),
        "ballroom with chandeliers, white drapes and a stage",
        "hall ballroom wedding party gala banquet dance dancing celebration stage theatre theater concert event",
        "indoor",
        "evening",
        "none",
        "festive elegant cool",
        (
            (55, "white drapes and chandeliers"),
            (-130, "drapes along the dance floor"),
            (142, "stage with curtain"),
        ),
        {"target": 0.36},
    ),
    Plate(
        "lab",
        _pmndrs("lab", "3adb2d8b79177fe47c8d9fc50e52b8d5329ff6ba8409bd38d519fbce1e09d7d3"),
        "old engineering laboratory with wooden desks and tall windows",
        "laboratory lab science scientist engineer experiment machines school classroom workshop vintage industrial",
        "indoor",
        "day",
        "none",
        "vintage curious green",
        (
            (-165, "work desk with instruments"),
            (115, "aisle between desks and machines"),
            (15, "desk and notice board"),
            (-65, "rows of machines and benches"),
        ),
        {"target": 0.45, "keep": 0.65},
    ),
    Plate(
        "lobby",
        _pmndrs("lobby", "58150e771d20555ebe4a9fc0e1e1aede23de9096430c71d3107017e8a13dc7a6"),
        "modern office lobby with wooden floor and a reception",
        "office lobby reception company business coworking startup foyer waiting school university museum hospital",
        "indoor",
        "day",
        "none",
        "modern friendly professional",
        (
            (-65, "reception and white wall"),
            (-115, "green wall with benches"),
            (95, "bright hall with columns"),
            (150, "stairs and glass"),
            (40, "doors and a screen"),
        ),
        {"target": 0.5},
    ),
    Plate(
        "night",
        _pmndrs("night", "e76f8e31dad6f491ff83fc3182551b1867c499464569a87d5d2874efb374f66e"),
        "savanna under a starry night sky",
        "night stars milky way savanna africa bush wilderness camping field sky moonlight",
        "outdoor",
        "night",
        "clear",
        "quiet mysterious blue",
        (
            (-160, "trees and clouds lit by a far glow"),
            (-20, "orange glow on the horizon"),
            (25, "lone tree and stars"),
            (110, "trees under stars"),
        ),
        {"target": 0.34, "keep": 0.55, "balance": (0.8, 0.95, 1.3)},
    ),
    Plate(
        "park",
        _pmndrs("park", "88947c10444e0c5f0e51018e5b69af9a7489baab9e8034b0044686c2d8fd7a8c"),
        "wide green lawn under a blue sky",
        "park meadow lawn grass field picnic sport football golf summer playground countryside green nature",
        "outdoor",
        "day",
        "clear",
        "sunny cheerful open",
        (
            (-75, "lawn with trees and houses"),
            (-20, "open green field"),
            (105, "field with a far village"),
            (30, "low sun over the grass"),
            (-165, "playing field"),
        ),
        {"target": 0.45, "keep": 0.8},
    ),
    Plate(
        "sky",
        _pmndrs("sky", "62744ec42116f896c2d5959365c9be75589ca09d81ecdd99052c3307ec44ce62"),
        "white clouds in a blue sky over a calm sea",
        "sky clouds heaven sea ocean horizon flying airplane dream dreamlike surreal freedom",
        "outdoor",
        "day",
        "clear",
        "dreamy light blue",
        (
            (-150, "blue sky over the sea"),
            (-30, "clouds and glitter on the sea"),
            (120, "clouds to the horizon"),
            (45, "bright clouds before the sun"),
        ),
        {"target": 0.46, "keep": 0.9},
    ),
    Plate(
        "sunset",
        _pmndrs("sunset", "57ab9a1e5aec61f1816b2b977646d0baf82a4adf61bfe9d4a8313138f2f50e7c"),
        "historic square by the sea at sunset with palace and gondolas",
        "old town square piazza venice italy europe palace castle historic travel vacation harbour sunset gondola",
        "outdoor",
        "golden_hour",
        "clear",
        "romantic golden elegant",
        (
            (-75, "palace with arches"),
            (80, "gondolas and far church"),
            (-150, "columns and arcades"),
            (0, "open square before a golden sky"),
        ),
        {"target": 0.47, "keep": 0.8},
    ),
    Plate(
        "venice",
        _pmndrs("venice", "08d9d3255f50ffba3a2aa37a95abbcd0944282b90101877b5d0abf340ee0642a"),
        "seaside promenade in the blue hour",
        "sea seaside harbour quay promenade waterfront bay lake coast italy venice brick house blue hour",
        "outdoor",
        "evening",
        "cloudy",
        "calm blue cinematic",
        (
            (10, "quay and sea under evening clouds"),
            (90, "open water and far church"),
            (-110, "old brick house"),
            (150, "stone quay by the water"),
        ),
        {"target": 0.5, "keep": 0.75, "balance": (1.15, 1, 0.85)},
    ),
    Plate(
        "warehouse",
        _pmndrs("warehouse", "ce15dbb7b20bfd3c1daa478fec3425c6a8efa7ae5e2fe4d501033a1bcc1bd90a"),
        "empty industrial hall with metal walls and lamps",
        "warehouse industrial hall garage parking basement gym loft abandoned concrete grunge urban",
        "indoor",
        "night",
        "none",
        "raw gritty neutral",
        (
            (-130, "corrugated metal wall"),
            (25, "wide hall with lamps"),
            (120, "columns and lamps"),
            (-50, "hall with a small office"),
        ),
    ),
    Plate(
        "workshop",
        _pmndrs("workshop", "32b92ffdb6aca9d5f73f13bbf9bd2d7b47169522de69f7fc4b18cf1da6beb048"),
        "large bright factory workshop with tools",
        "workshop factory garage mechanic engineer craftsman construction assembly industrial tools production",
        "indoor",
        "day",
        "none",
        "busy practical bright",
        (
            (-75, "work benches and tools"),
            (105, "stairs in the factory"),
            (140, "green aisle through the hall"),
            (-10, "machines by the wall"),
        ),
        {"target": 0.44, "keep": 0.65},
    ),
    Plate(
        "b_courtyard",
        _blender("courtyard", "1518fa37da6a8a389810a7a70262c410553018a51f0be9e248155b9bb363ff3d"),
        "sunny courtyard of a country house with orange and yellow walls",
        "courtyard patio terrace garden backyard house village home mexico mediterranean africa summer palm barbecue",
        "outdoor",
        "day",
        "clear",
        "warm sunny rustic",
        (
            (-30, "white house and palms"),
            (10, "garage and blue sky"),
            (40, "yellow country house"),
            (150, "garden gate"),
            (-75, "shaded terrace and sunlit yard"),
        ),
        {"target": 0.42, "keep": 0.55},
    ),
    Plate(
        "b_forest",
        _blender("forest", "63ad3243d0f9c29bd1f51b9a3bbf5c0ad25ea39299698dba6cfc29d1660d6008"),
        "japanese garden with gravel paths, trees and rocks",
        "park garden trees path trail walk bench nature japan japanese zen bamboo fence green spring forest pond",
        "outdoor",
        "day",
        "clear",
        "fresh peaceful natural",
        (
            (-40, "gravel path by a green garden"),
            (5, "path toward the low sun"),
            (-120, "path to an open lawn"),
            (-85, "hedge and tall trees"),
            (75, "rock garden with pond"),
            (150, "sandy slope with trees"),
        ),
        {"target": 0.42, "keep": 0.65},
    ),
    Plate(
        "b_interior",
        _blender("interior", "4f6810b182ade346eac6964bf02405adf430c321b8853a644316af4e05d0fdb5"),
        "cosy hotel room with bed, armchair and desk",
        "home bedroom room hotel cozy cosy interior armchair curtain window desk study bed night rest",
        "indoor",
        "evening",
        "none",
        "cosy warm quiet",
        (
            (-15, "armchair and curtain"),
            (35, "white curtains in daylight"),
            (85, "window and bed"),
            (115, "bed and mirror"),
            (-90, "desk with a lamp"),
        ),
        {"target": 0.5, "keep": 0.7},
    ),
    Plate(
        "b_night",
        _blender("night", "a46488f5cb744f325abc9f5af3c3eeb5d9393df69b5178fbe727538522120045"),
        "night meadow with stars and town lights on the horizon",
        "night stars starry field meadow park lights town countryside camping dark sky",
        "outdoor",
        "night",
        "clear",
        "quiet dark blue",
        (
            (-170, "glow of a town behind trees"),
            (110, "hills and the glow of dawn"),
            (10, "dark trees under stars"),
            (-80, "lights of a village"),
        ),
        {"target": 0.34, "keep": 0.5, "balance": (0.82, 0.95, 1.25)},
    ),
    Plate(
        "b_sunrise",
        _blender("sunrise", "b97206217e29763d62d9a65ad2d7058460acfb4824659e7a59f5bde374f21937"),
        "misty countryside meadow at sunrise",
        "meadow field countryside farm rural grass mist fog morning sunrise autumn tree landscape walk",
        "outdoor",
        "morning",
        "mist",
        "golden gentle quiet",
        (
            (-65, "yellow autumn tree in the mist"),
            (15, "trees before the rising sun"),
            (-115, "misty fields"),
            (75, "grass in low sun"),
            (-15, "meadow with fir trees"),
        ),
    ),
    Plate(
        "b_sunset",
        _blender("sunset", "a164f20b86bc43ba4afd66c988a20a9dd5f1a0a5d8e960aed57a33f78119c168"),
        "sea promenade at sunset with an italian villa",
        "sea ocean beach coast seaside sunset harbour promenade vacation holiday italy villa horizon water golden",
        "outdoor",
        "golden_hour",
        "clear",
        "romantic calm golden",
        (
            (40, "sun setting over the sea"),
            (0, "pastel sky and calm sea"),
            (75, "sea and stone steps"),
            (140, "italian villa"),
            (-30, "open water in evening light"),
        ),
        {"target": 0.47, "keep": 0.8},
    ),
    Plate(
        "peaks",
        _lomiri(
            "picosdeeuropa_by_Aitzol_Berasategi.jpg",
            "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a",
            "Aitzol Berasategi",
        ),
        "mountain trail below rocky peaks with snow under a blue sky",
        "mountain mountains trail hiking hike climb alpine alps peak summit snow rocks path adventure outdoors travel",
        "outdoor",
        "day",
        "clear",
        "sunny grand fresh",
        ((0, "mountain trail and rocky peaks"),),
        panorama=False,
        horizon=0.62,
        key=(-60, 50, (1, 0.95, 0.85)),
    ),
    Plate(
        "autumn",
        _lomiri(
            "aitzgorri_by_Aitzol_Berasategi.jpg",
            "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36",
            "Aitzol Berasategi",
        ),
        "green alpine meadow, autumn forest and a mountain range",
        "mountain meadow alpine autumn fall forest trees countryside hiking farm pasture hills village nature",
        "outdoor",
        "day",
        "clear",
        "warm calm wide",
        ((0, "meadow, autumn trees and mountains"),),
        panorama=False,
        horizon=0.58,
        key=(50, 40, (1, 0.95, 0.85)),
    ),
    Plate(
        "stream",
        _lomiri(
            "life_by_Aitzol_Berasategi.jpg",
            "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05",
            "Aitzol Berasategi",
        ),
        "forest stream with small waterfalls over mossy rocks",
        "stream river creek waterfall water forest rocks woods jungle trail hiking nature green",
        "outdoor",
        "day",
        "overcast",
        "fresh shady natural",
        ((0, "stream falling over rocks in a forest"),),
        panorama=False,
        horizon=0.45,
        key=(0, 80, (0.3, 0.33, 0.33)),
    ),
    Plate(
        "summit",
        _lomiri(
            "sunset_by_Aitzol_Berasategi.jpg",
            "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18",
            "Aitzol Berasategi",
        ),
        "mountain top at sunset with the sun over far ridges",
        "mountain summit top peak sunset hills ridge viewpoint hiking adventure horizon evening sky",
        "outdoor",
        "golden_hour",
        "clear",
        "golden dramatic free",
        ((0, "sun setting over mountain ridges"),),
        panorama=False,
        horizon=0.55,
        crop=(0, 0, 0.66, 0.9),
        key=(0, 8, (1, 0.7, 0.4)),
    ),
    Plate(
        "library",
        _rendered("library"),
        "old library with tall shelves of books, reading tables and warm lamps",
        "library books bookshelf bookshelves bookcase bookshop reading study scholar archive academia wooden lamp desk",
        "indoor",
        "evening",
        "none",
        "warm quiet learned",
        (
            (0, "bookshelves and a reading table"),
            (35, "long wall of books"),
            (150, "shelves of books and a desk lamp"),
            (-50, "reading tables before bookshelves"),
        ),
        {"target": 0.4},
    ),
    Plate(
        "cabin",
        _rendered("cabin"),
        "log cabin living room with a burning fireplace, rug and lamps",
        "fireplace fire cabin chalet lodge log cozy cosy hygge reading books living room home sofa evening wooden",
        "indoor",
        "evening",
        "none",
        "cosy warm rustic",
        (
            (0, "burning stone fireplace"),
            (-14, "fireplace and a lamp in a log cabin"),
            (14, "fireplace and a lamp in the evening"),
        ),
        {"target": 0.36, "saturation": 0.85, "balance": (0.93, 1, 1.1), "bloom": 0.15},
    ),
    Plate(
        "office",
        _rendered("office"),
        "bright modern office with desks, screens, plants and tall windows",
        "office modern desk computer workplace coworking company business corporate startup meeting work colleagues",
        "indoor",
        "day",
        "none",
        "bright modern professional",
        (
            (-24, "office desks, screens and tall windows"),
            (24, "office desks before tall windows"),
            (-58, "window front of an office"),
            (140, "rows of office desks and pictures"),
        ),
        {"target": 0.75, "balance": (1.03, 1, 0.96)},
    ),
    Plate(
        "cafe",
        _rendered("cafe"),
        "cosy cafe with a counter, a brick wall, wooden tables and pendant lamps",
        "cafe café coffee shop coffeehouse restaurant bar bistro diner pub bakery tea cosy cozy brick counter table",
        "indoor",
        "day",
        "none",
        "cosy warm friendly",
        (
            (8, "counter, shelves and a brick wall"),
            (-40, "tables by the window of a cafe"),
            (42, "window tables and lamps"),
            (-12, "espresso machine and shelves"),
        ),
        {"target": 0.47, "bloom": 0.08},
    ),
    Plate(
        "night_city",
        _rendered("night_city"),
        "city street at night with lit windows, neon signs and wet asphalt",
        "city night street neon lights downtown nightlife skyscraper traffic bar tokyo cyberpunk noir urban rain wet",
        "outdoor",
        "night",
        "clear",
        "vivid dark urban",
        (
            (90, "long street with car lights and towers"),
            (-90, "avenue of lit windows"),
            (104, "lit street and neon signs"),
            (-76, "neon signs along an avenue"),
        ),
        {"target": 0.27, "keep": 0.9, "bloom": 0.18},
    ),
    Plate(
        "snow",
        _rendered("snow"),
        "snowy winter forest of fir trees in low sun",
        "snow snowy winter forest fir trees ski skiing snowboard cold ice frozen christmas sledding wonderland sunny",
        "outdoor",
        "day",
        "clear",
        "crisp bright still",
        (
            (30, "fir trees with snow before the low sun"),
            (-20, "snow-covered firs and far mountains"),
            (-110, "firs around a snowy glade"),
            (120, "snowfield and fir trees"),
        ),
        {"target": 0.6, "balance": (1.1, 1, 0.92)},
    ),
    Plate(
        "beach",
        _rendered("beach"),
        "sandy beach with palm trees and blue water on a sunny day",
        "beach sand sandy sea ocean tropical palm palms island holiday vacation summer caribbean hawaii surf coast",
        "outdoor",
        "day",
        "clear",
        "sunny relaxed bright",
        (
            (52, "shore with palm trees"),
            (-54, "sand, palms and sea"),
            (0, "blue water and small waves"),
        ),
        {"target": 0.56, "saturation": 1.25, "balance": (1.06, 1, 0.95)},
    ),
)
