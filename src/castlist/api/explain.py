"""Says in plain words, field by field, what is wrong with a request. Reads the validator's findings; decides nothing.

What a caller sent is never repeated: it may be 20 MB long or a secret.
"""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from castlist.domain.errors import FieldProblem
from castlist.domain.requests import EXAMPLE

MOST_PROBLEMS = 20
EXAMPLE_TEXT = json.dumps(EXAMPLE)
_PLACES = ("query", "path", "header", "body")


def problems_of(findings: Iterable[Mapping[str, Any]], known: Sequence[str] = ()) -> tuple[FieldProblem, ...]:
    """Return what is wrong, one sentence a field.

    Args:
        findings: as pydantic lists them.
        known: the names of all fields, to suggest one for a misspelt name.
    """
    found: list[FieldProblem] = []
    for finding in list(findings)[:MOST_PROBLEMS]:
        place = [str(part) for part in finding["loc"]]
        if place[:1] and place[0] in _PLACES:
            place = place[1:]
        name = ".".join(place)[:200]
        found.append(FieldProblem(name, _sentence(finding, name, known)))
    return tuple(found)


def summary(problems: Sequence[FieldProblem]) -> str:
    """Return one sentence for people that names the first problem."""
    first = problems[0]
    more = f" ({len(problems) - 1} more in details)" if len(problems) > 1 else ""
    return f"The request is not valid: {first.field}: {first.message}{more}" if first.field else first.message


def _sentence(finding: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
    match finding["type"]:
        case "missing":
            return "This field is required."
        case "extra_forbidden":
            return _unknown(name, known)
        case "value_error":
            return str(finding["msg"]).removeprefix("Value error, ")
        case _:
            text = str(finding["msg"])
            for opening in ("Input should", "String should", "List should", "Value should"):
                text = text.replace(opening, "Must", 1) if text.startswith(opening) else text
            return f"{text.rstrip('.')}."


def _unknown(name: str, known: Sequence[str]) -> str:
    if name == "input":
        return "There is no field of this name: parameters lie at the top level of the body, not under input."
    close = difflib.get_close_matches(name, known, n=1)
    return f"There is no field of this name. Did you mean {close[0]}?" if close else "There is no field of this name."
