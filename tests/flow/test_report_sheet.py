"""The sheet holds whatever the page holds, and any words at all."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from castlist.flow import report, report_sheet
from castlist.flow.report_sheet import font, wrapped, written
from castlist.flow.service import Service
from castlist.testing.service import Customer
from castlist.vision import picture

from .test_report import MakeJob, done


async def test_every_image_takes_its_room(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job, images = await done(service, customer, job_of, num_images=4)
    pictures = await report.gather(service, job, images)
    whole = picture.decode(report_sheet.draw(job, images, pictures))
    fewer = picture.decode(report_sheet.draw(job, images[:3], pictures))
    none = picture.decode(report_sheet.draw(job, [], {}))
    assert whole.width == fewer.width == none.width == report_sheet.WIDTH_PX
    assert whole.height > fewer.height > none.height
    lost = replace(images[3], file=None, code="refused", message="Not this one.")
    assert picture.decode(report_sheet.draw(job, [*images[:3], lost], {})).height > fewer.height


async def test_any_prompt_is_drawn(service: Service, customer: Customer, job_of: MakeJob) -> None:
    job, images = await done(service, customer, job_of)
    for prompt in ("x" * 4000, "\u6d77\u8fb9 " * 300, "<b>\x07 & \u202e"):
        asked = replace(job, request={**job.request, "prompt": prompt})
        assert picture.decode(report_sheet.draw(asked, images, {})).height > 0


def test_words_are_spelled_with_what_the_font_has() -> None:
    assert written("0.44–0.94, 3 × 4°, “sea”") == "0.44-0.94, 3 x 4°, “sea”"
    assert written("海 sea") == "? sea"


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.integers(40, 400))
def test_no_line_is_wider_than_its_room(words: str, width_px: int) -> None:
    lines = wrapped(words, width_px, 18)
    assert "".join("".join(lines).split()) == "".join(words.split())
    assert all(len(line) == 1 or font(18).getlength(line) <= width_px for line in lines)
