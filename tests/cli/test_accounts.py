"""Keys and credits from the command line."""

import pytest

from castlist.domain.ids import is_well_formed


def test_a_key_is_made_with_credits_and_shown_once(castlist):
    made = castlist("keys", "create", "--name", "ci", "--credits", "100", "--json").json()
    assert is_well_formed(made["key"])
    assert (made["name"], made["account"], made["balance"]) == ("ci", "ci", 100)
    listed = castlist("keys", "list", "--json")
    assert made["key"] not in listed.out
    assert [key["id"] for key in listed.json()] == [made["id"]]
    assert listed.json()[0]["scopes"] == ["run", "read"]


def test_text_output_puts_the_key_alone_on_standard_output(castlist):
    said = castlist("keys", "create", "--name", "ci")
    assert is_well_formed(said.out.strip())
    assert "only time" in said.err


def test_two_keys_may_share_an_account(castlist):
    castlist("keys", "create", "--name", "one", "--account", "us", "--credits", "1.5", "--json")
    second = castlist("keys", "create", "--name", "two", "--account", "us", "--credits", "1", "--json").json()
    assert second["balance"] == 2.5
    assert castlist("credits", "balance", "--json").json() == [{"account": "us", "balance": 2.5}]


def test_a_key_can_be_narrow_and_expire(castlist):
    made = castlist("keys", "create", "--name", "look", "--scope", "read", "--days", "2", "--json").json()
    assert made["scopes"] == ["read"]
    assert made["expiresAt"] > made["createdAt"]


def test_a_revoked_key_cannot_be_revoked_again(castlist):
    key_id = castlist("keys", "create", "--name", "ci", "--json").json()["id"]
    assert castlist("keys", "revoke", key_id, "--json").json() == {"id": key_id, "revoked": True}
    assert castlist("keys", "list", "--json").json()[0]["revokedAt"]
    assert "revoked" in castlist("keys", "list").out
    again = castlist("keys", "revoke", key_id)
    assert again.code == 1
    assert key_id in again.err


def test_grants_stand_in_the_ledger_newest_first(castlist):
    castlist("keys", "create", "--name", "ci", "--credits", "1", "--json")
    assert castlist("credits", "grant", "ci", "0.25", "--note", "birthday", "--json").json()["balance"] == 1.25
    entries = castlist("credits", "ledger", "ci", "--json").json()
    assert [(entry["kind"], entry["amount"], entry["balance"]) for entry in entries] == [
        ("grant", 0.25, 1.25),
        ("grant", 1, 1),
    ]
    assert entries[0]["note"] == "birthday"
    assert "birthday" in castlist("credits", "ledger", "ci").out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("credits", "grant", "nobody", "1"), "There is no account nobody"),
        (("credits", "balance", "nobody"), "There is no account nobody"),
        (("credits", "grant", "nobody", "many"), "'many' is not a number of credits"),
        (("keys", "create", "--name", "x", "--credits", "0.0001"), "finer than a thousandth"),
        (("keys", "create", "--name", "x", "--credits=-1"), "less than nothing"),
        (("keys", "create", "--name", "x", "--scope", "fly"), "There is no scope fly"),
        (("jobs", "show", "job_none"), "There is no job of this id."),
        (("jobs", "list", "--account", "nobody"), "There is no account nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(castlist, arguments, sentence):
    said = castlist(*arguments)
    assert said.code == 1
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1
