"""Says per image what a prompt asks for and the studio cannot do, in plain sentences. Called by `picture`."""

from castlist.engines.studio import lexicon, meaning
from castlist.engines.studio.plates import Choice

CLOTHES = frozenset(
    """
    suit dress gown shirt t-shirt tshirt blouse jacket coat hoodie sweater jumper jeans trousers pants skirt shorts
    uniform costume armor armour cloak cape robe kimono sari tuxedo tie hat cap helmet crown scarf gloves boots
    shoes sneakers heels swimsuit bikini outfit clothes clothing wearing dressed attire apron veil turban jewelry
    jewellery necklace earrings sunglasses glasses spacesuit leather denim
    """.split()  # noqa: SIM905
)
ACTIONS = frozenset(
    """
    hiking walking running jogging jumping dancing singing sitting standing lying kneeling swimming surfing skiing
    riding driving cycling climbing cooking eating drinking reading writing working painting playing fighting flying
    sleeping holding carrying hugging kissing pointing waving leaning looking shopping fishing skating skateboarding
    boxing performing presenting typing studying relaxing meditating exercising rowing sailing sipping casting
    throwing
    """.split()  # noqa: SIM905
)
MOODS = frozenset(
    """
    laughing laugh angry sad crying surprised shocked serious frowning scared screaming winking yelling shouting
    grinning
    """.split()  # noqa: SIM905
)
LOOKS = frozenset(
    """
    older younger old-age aged elderly child baby toddler bald blonde brunette redhead beard bearded mustache
    moustache makeup tattoo tattoos muscular zombie vampire elf robot cyborg
    """.split()  # noqa: SIM905
)
THINGS = frozenset(
    """
    book laptop phone smartphone guitar camera sword shield umbrella cup mug coffee bicycle bike motorcycle
    motorbike car horse dog cat balloon balloons flowers bouquet backpack bag briefcase microphone wand ball racket
    surfboard newspaper map fireplace tent campfire candle cake glass wine pizza burger weapon gun bow piano violin
    drum
    """.split()  # noqa: SIM905
)

GAZES = frozenset({"eye contact", "sideways"})


def of(
    prompt: str | None,
    choice: Choice | None,
    people: int,
    styles: tuple[str, ...] = (),
    *,
    tight: bool = False,
    able: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return the notes for an image.

    Args:
        choice: the place taken for the prompt, if any.
        people: faces found in the reference.
        styles: the styles put on.
        able: the wishes of `lexicon.FACES` that the character's face can show.
        tight: the reference is cut off so closely that the pose could not be framed as wide as it asks.
    """
    found: list[str] = []
    if people > 1:
        found.append(f"The reference shows {people} people; the main one was taken.")
    if tight:
        found.append("The reference ends close to the character, so the image is closer than the pose asks for.")
    if not prompt:
        return tuple(found)
    words = meaning.without(prompt, lexicon.STYLES, lexicon.FACES).split()
    if meaning.faces(prompt) & GAZES:
        words = [word for word in words if word not in {"looking", "gazing", "looks"}]
    found += _of_place(choice)
    if asked := _named(words, CLOTHES):
        found.append(f"Clothes stay as in the reference; the prompt's {asked} was not added.")
    if asked := _named(words, ACTIONS):
        found.append(f"The body keeps the reference's pose; it is not shown {asked}.")
    there = choice.place.words if choice is not None else frozenset[str]()
    if asked := _named(words, THINGS - there):
        found.append(f"Nothing is put into the picture or the hands: no {asked} was added.")
    found += _of_face(prompt, able)
    if asked := _named(words, LOOKS):
        found.append(f"The character's looks stay as in the reference ({asked} was asked for).")
    if missed := [name for name in meaning.styles(prompt) if name not in styles]:
        found.append(f"One style at a time: {missed[0]} was not put on.")
    return tuple(found)


def _of_face(prompt: str, able: frozenset[str]) -> list[str]:
    """Return what a prompt asks of the face and it cannot show."""
    found: list[str] = []
    missed = meaning.faces(prompt) & lexicon.FACES.keys() - able
    if "smile" in missed:
        found.append(
            "No smile was put on: on this face it would not look natural, for its mouth is open, hidden, turned away, "
            "small or drawn."
        )
    if missed & GAZES:
        found.append("The eyes look as in the reference; on this face they cannot be moved without harm.")
    if asked := _named(meaning.normal(prompt).split(), MOODS - able):
        found.append(f"The expression is not changed to what was asked for ({asked}).")
    return found


def _of_place(choice: Choice | None) -> list[str]:
    if choice is None:
        return ["No place at hand resembles the prompt; the background asked for was used instead."]
    sure = "" if choice.fit > 0.75 else ", the nearest at hand"
    found = [f"Place: {choice.place.caption}{sure}."]
    return [*found, f"{choice.place.credit}."] if choice.place.credit else found


def _named(words: list[str], group: frozenset[str]) -> str:
    """Return the words of a group that a prompt uses, joined for a sentence."""
    used = list(dict.fromkeys(word for word in words if word in group))[:3]
    if len(used) < 2:
        return "".join(used)
    return ", ".join(used[:-1]) + " and " + used[-1]
