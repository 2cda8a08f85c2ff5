"""Insert or, when the row is there, do something else: one statement, built once for each of the two databases.

Building a statement takes several times as long as running it, so `store` builds those that every job runs once, with
named gaps. In one that writes, a gap is never called like a column: values under columns' names are what is written.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from castlist.store.database import Tx

Change = Callable[[Any], Mapping[str, Any]]


class Upsert:
    """Inserts a row or, if one has its `keys`, changes that."""

    def __init__(self, table: Table, keys: Sequence[str], change: Change | None = None, *returning: Any) -> None:
        """Build it.

        Args:
            change: gets what would have been inserted, as columns, and returns the new values of the row that is
                there; None leaves it as it is.
            returning: columns of the row after it.
        """
        self._by_dialect: dict[str, Executable] = {}
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
            row = dialect.insert(table)
            if change is None:
                built = row.on_conflict_do_nothing(index_elements=keys)
            else:
                built = row.on_conflict_do_update(index_elements=keys, set_=change(row.excluded))
            self._by_dialect[name] = built.returning(*returning) if returning else built

    def on(self, tx: Tx) -> Any:
        """Return the statement for the database of a transaction."""
        return self._by_dialect[tx.dialect.name]
