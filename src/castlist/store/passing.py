"""Tells faults of the database and the storage that pass from those that stay. For whoever can wait; changes nothing.

What passes: the other side is away, busy, full, or does not let us in until its operator acts. What stays: a row that
cannot be, a file that is not there, a mistake of ours.
"""

from typing import Any, cast

from obstore.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

PASSING_STATES = ("08", "25P03", "25P04", "40", "53", "55", "57", "58")
"""SQLSTATEs, most by their class: connection, a transaction left idle or going on for too long, rolled back for
another's sake, no resources, not in this state, operator's doing, system. Source: PostgreSQL 18 documentation,
appendix A, read 2026-11-22 and -23."""


def is_passing(problem: BaseException) -> bool:
    """Tell whether the same step may work later without anybody changing it."""
    if isinstance(problem, DBAPIError):
        if problem.connection_invalidated:
            return True
        state = _state(problem.orig)
        return state.startswith(PASSING_STATES) if state else isinstance(problem, OperationalError | InterfaceError)
    if isinstance(problem, FileNotFoundError):
        return False
    if isinstance(problem, OSError | NoConnectionFree | GenericError | PermissionDeniedError | UnauthenticatedError):
        return True
    return _state(problem).startswith(PASSING_STATES)  # the driver's own, from before there is a connection


def _state(problem: BaseException | None) -> str:
    return str(getattr(cast(Any, problem), "sqlstate", None) or "")
