"""The bench of shared reference passes, at the smallest size: what it counts and what it writes."""

import pytest

from bench import blocks, sharing

TINY = {"num_layers": 1, "num_single_layers": 1}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    for name in ("torch", "diffusers", "accelerate"):
        pytest.importorskip(name, reason="castlist[gpu] is not installed: make gpu")
    sharing.libraries.torch().set_num_threads(1)
    return sharing.measure(sharing.Bench(tmp_path_factory.mktemp("weights"), TINY), references=2, rounds=1)


def test_each_way_puts_as_many_tokens_through_the_model_as_it_should(result):
    passes, references = sharing.IMAGES * sharing.STEPS, 2 * sharing.TOKENS
    image = sharing.PROMPT_TOKENS + sharing.TOKENS
    assert result.tokens == {
        "none": passes * (image + references),
        "image": passes * image + sharing.IMAGES * references,
        "job": passes * image + references,
    }


def test_sharing_changes_no_bit(result):
    assert result.difference == 0.0


def test_the_page_shows_both_ratios_and_keeps_the_rest(result, tmp_path, monkeypatch):
    monkeypatch.setitem(sharing.GOALS, 2, 2.0)
    text = sharing.page([result], (0.0, 0.0))
    assert f"**{result.ratio('none', cpu=True):.2f} ×** | 2.0 × | {result.ratio('none'):.2f} ×" in text
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n<!-- other:begin -->\n\nkept\n\n<!-- other:end -->\n")
    for again in (text, text):
        blocks.put(page, "sharing", again)
    assert page.read_text().count("<!-- sharing:begin -->") == 1
    assert page.read_text().startswith("# Title\n\n<!-- other:begin -->\n\nkept\n")
    assert len(blocks.all_of(page)) == 2
