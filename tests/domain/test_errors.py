"""The tree of errors is the contract's table."""

from castlist.domain.errors import CastlistError, tree

CONTRACT = {
    400: {"invalid_request"},
    401: {"invalid_api_key"},
    402: {"insufficient_credits"},
    403: {"forbidden"},
    404: {"model_not_found", "job_not_found", "not_found"},
    405: {"method_not_allowed"},
    409: {"conflict"},
    410: {"output_expired"},
    413: {"payload_too_large"},
    415: {"unsupported_media_type"},
    416: {"invalid_request"},
    422: {"idempotency_mismatch", "input_image_rejected"},
    429: {"rate_limit_exceeded"},
    500: {"server_error"},
    503: {"server_error", "model_unavailable"},
}
ENDS_OF_JOBS = {"canceled", "refused", "drifted", "engine_failed", "worker_lost"}


def test_every_row_of_the_contract_is_in_the_tree_and_nothing_else() -> None:
    found: dict[int, set[str]] = {}
    for kind in tree():
        if kind.code not in ENDS_OF_JOBS:
            found.setdefault(kind.status, set()).add(kind.code)
    assert found == CONTRACT
    assert {kind.code for kind in tree()} >= ENDS_OF_JOBS


def test_every_error_has_a_sentence_for_people() -> None:
    for kind in tree():
        error = kind()
        assert error.message == (kind.__doc__ or "").strip()
        assert error.message.endswith((".", "…"))
        assert str(kind("another")) == "another"


def test_no_failure_is_charged() -> None:
    assert not any(kind.charge for kind in tree(CastlistError))
