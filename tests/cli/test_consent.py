"""Statements of accounts from the command line."""

from castlist.domain.consent import STATEMENT, VERSION


def test_an_operator_records_and_withdraws(castlist):
    castlist("keys", "create", "--name", "studio", "--json")
    castlist("keys", "create", "--name", "other", "--json")
    recorded = castlist("consent", "record", "studio", "--json").json()
    assert (recorded["stated"], recorded["version"], recorded["keyId"]) == (True, VERSION, None)

    listed = castlist("consent", "list", "--json").json()
    assert listed["statement"] == STATEMENT
    assert [(row["account"], row["stated"]) for row in listed["accounts"]] == [("other", False), ("studio", True)]

    assert "studio: withdrawn" in castlist("consent", "withdraw", "studio").out
    assert not any(row["stated"] for row in castlist("consent", "list", "--json").json()["accounts"])
    assert STATEMENT in " ".join(castlist("consent", "list").out.split())


def test_an_account_that_is_not_there_is_named(castlist):
    said = castlist("consent", "record", "nobody")
    assert said.code == 1
    assert "There is no account nobody" in said.err
