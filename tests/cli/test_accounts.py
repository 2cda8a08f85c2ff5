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


def test_a_key_has_a_rate_a_weight_and_a_priority(castlist):
    made = castlist("keys", "create", "--name", "ci", "--rate", "600", "--weight", "3", "--json").json()
    assert (made["rate"], made["weight"], made["priority"]) == (600, 3, "normal")
    changed = castlist("keys", "set", made["id"], "--rate", "0", "--priority", "high", "--json").json()
    assert (changed["rate"], changed["weight"], changed["priority"]) == (0, 3, "high")
    assert "no limit, weight 3, priority high" in castlist("keys", "set", made["id"], "--weight", "3").out
    assert castlist("keys", "set", made["id"], "--rate", "default", "--json").json()["rate"] is None
    listed = castlist("keys", "list", "--json").json()
    assert [(key["rate"], key["weight"], key["priority"]) for key in listed] == [(None, 3, "high")]


def test_an_account_has_quotas(castlist):
    castlist("keys", "create", "--name", "us", "--json")
    none = {"account": "us", "openJobs": None, "imagesADay": None, "creditsADay": None, "uploadMb": None}
    assert castlist("accounts", "list", "--json").json() == [none]
    limits = ("--open-jobs", "20", "--images-a-day", "500", "--credits-a-day", "2.5", "--upload-mb", "200")
    some = {"account": "us", "openJobs": 20, "imagesADay": 500, "creditsADay": 2.5, "uploadMb": 200}
    assert castlist("accounts", "set", "us", *limits, "--json").json() == some
    assert castlist("accounts", "set", "us", "--open-jobs", "none", "--json").json() == {**some, "openJobs": None}
    assert "no limit" in castlist("accounts", "list").out


def test_a_signing_secret_is_shown_and_rotated(castlist):
    castlist("keys", "create", "--name", "us", "--json")
    [first] = castlist("webhooks", "secret", "us", "--json").json()["secrets"]
    assert first.startswith("whsec_")
    assert castlist("webhooks", "secret", "us").out.strip() == first
    rotated = castlist("webhooks", "rotate", "us", "--json").json()["secrets"]
    assert rotated == castlist("webhooks", "secret", "us", "--json").json()["secrets"]
    assert (len(rotated), rotated[1]) == (2, first)
    again = castlist("webhooks", "rotate", "us", "--overlap-hours", "0", "--json").json()["secrets"]
    assert again[0] not in rotated


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
        (("keys", "set", "key_none", "--rate", "5"), "There is no key key_none"),
        (("keys", "set", "key_none"), "Say what to change"),
        (("keys", "create", "--name", "x", "--rate", "often"), "often is no rate"),
        (("keys", "create", "--name", "x", "--rate", "-1"), "-1 is no rate"),
        (("accounts", "set", "nobody", "--open-jobs", "1"), "There is no account nobody"),
        (("accounts", "set", "nobody"), "Say what to change"),
        (("accounts", "set", "nobody", "--open-jobs", "few"), "few is no limit"),
        (("accounts", "set", "nobody", "--credits-a-day=-1"), "-1 is no limit"),
        (("webhooks", "secret", "nobody"), "There is no account nobody"),
        (("webhooks", "tries", "job_none"), "There is no job of this id."),
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
