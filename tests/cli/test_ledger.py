"""`castlist ledger verify`."""

import sqlite3
from pathlib import Path


def test_a_sound_ledger_is_said_to_be_sound(castlist):
    castlist("keys", "create", "--name", "ci", "--credits", "5", "--json")
    assert castlist("ledger", "verify", "--json").json() == {
        "sound": True, "accounts": 1, "entries": 1, "jobs": 0, "faults": [],
    }  # fmt: skip
    assert "Every credit is accounted for." in castlist("ledger", "verify").out


def test_faults_are_listed_and_the_exit_code_says_so(castlist, tmp_path: Path):
    castlist("keys", "create", "--name", "ci", "--credits", "5", "--json")
    with sqlite3.connect(tmp_path / "data" / "castlist.sqlite") as connection:
        connection.execute("UPDATE entries SET balance_millis = 6000")
    said = castlist("ledger", "verify")
    assert said.code == 1
    assert "sum to 5000, it says 6000" in said.out
    told = castlist("ledger", "verify", "--json")
    assert told.code == 1
    assert '"sound": false' in told.out
