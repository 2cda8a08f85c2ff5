"""Signatures against the published vector, and secrets that nobody stores."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from castlist.webhooks import signing
from castlist.webhooks.schedule import WAITS_MS, Next, Verdict, judge

# Source: the test vector of the Standard Webhooks reference libraries (github.com/standard-webhooks, read 2026-11-22).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP_S, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector():
    assert signing.signature(ID, TIMESTAMP_S, BODY, SECRET) == SIGNATURE


def test_the_official_library_accepts_what_we_sign():
    account = signing.secret_of(b"installation", "acc_1", 1)
    now_s = int(time.time())  # the library refuses messages that are five minutes old
    for secrets in ([SECRET], [account], [account, SECRET]):
        headers = signing.headers(ID, now_s, BODY, secrets)
        for secret in secrets:
            assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.secret_of(b"installation", "acc_2", 1)).verify(BODY, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secrets[0]).verify(BODY + b" ", headers)


def test_every_valid_secret_signs():
    other = signing.secret_of(b"installation", "acc_1", 2)
    headers = signing.headers(ID, TIMESTAMP_S, BODY, [other, SECRET])
    assert headers["webhook-id"] == ID
    assert headers["webhook-timestamp"] == str(TIMESTAMP_S)
    assert headers["webhook-signature"].split(" ") == [signing.signature(ID, TIMESTAMP_S, BODY, other), SIGNATURE]


def test_secrets_differ_by_account_version_and_installation():
    made = {
        signing.secret_of(installation, account, version)
        for installation in (b"one", b"two")
        for account in ("acc_1", "acc_2")
        for version in (1, 2)
    }
    assert len(made) == 8
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in made)


def test_ten_tries_over_75_hours_and_35_minutes():
    assert len(WAITS_MS) == 9
    assert sum(WAITS_MS) == ((75 * 60 + 35) * 60 + 5) * 1000


def test_what_an_answer_means():
    assert judge(1, 204) == Verdict(Next.DELIVERED)
    assert judge(1, 410) == Verdict(Next.GIVEN_UP)
    assert judge(1, 302).next is Next.WAIT
    assert judge(1, None) == Verdict(Next.WAIT, 5000)
    assert judge(9, 500) == Verdict(Next.WAIT, 24 * 3_600_000)
    assert judge(10, 500) == Verdict(Next.GIVEN_UP)
