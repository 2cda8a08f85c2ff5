"""Makes text from outside fit to be shown: in a terminal, a page or a tag."""

MAX_LETTERS = 200


def plain(text: str) -> str:
    """Return text without control and other unprintable characters, cut to 200 letters."""
    return "".join(letter for letter in text[: 4 * MAX_LETTERS] if letter.isprintable())[:MAX_LETTERS]
