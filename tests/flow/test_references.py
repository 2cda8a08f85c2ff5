"""What is kept of a picture that comes in."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from castlist.domain.errors import InputImageRejected
from castlist.domain.links import signed_url
from castlist.flow.references import MAX_SIDE_PX, keep, load, take_in
from castlist.flow.service import Service
from castlist.store import uploads
from castlist.testing.pictures import data_uri, figure, figure_file
from castlist.testing.service import Clock, a_customer
from castlist.vision import picture


async def test_pixels_are_kept_exactly(service: Service) -> None:
    kept = await keep(service, figure_file("png"))
    reference = await load(service, kept.file)
    assert np.array_equal(reference.pixels, figure())
    assert reference.alpha is None
    assert (kept.width_px, kept.height_px) == (96, 96)


async def test_alpha_is_kept(service: Service) -> None:
    pixels = np.dstack([figure(), np.tile(np.arange(96, dtype=np.uint8), (96, 1))])
    reference = await load(service, (await keep(service, picture.encode(pixels, "png"))).file)
    assert reference.alpha is not None
    assert np.array_equal(np.rint(reference.alpha * 255).astype(np.uint8), pixels[..., 3])


async def test_a_large_picture_is_kept_smaller(service: Service) -> None:
    kept = await keep(service, figure_file("jpg", width_px=3000, height_px=1500))
    assert (kept.width_px, kept.height_px) == (MAX_SIDE_PX, MAX_SIDE_PX // 2)


async def test_the_same_picture_is_kept_once(service: Service) -> None:
    uri = data_uri(figure_file())
    assert await take_in(service, uri) == await take_in(service, uri)


async def test_our_own_links_are_read_without_a_network(service: Service, clock: Clock) -> None:
    kept = await keep(service, figure_file())
    url = signed_url("https://elsewhere.test", kept.file, clock.now_ms + 1000, service.secret)
    assert await take_in(service, url) == kept
    clock.advance(seconds=1)
    with pytest.raises(InputImageRejected, match="expired"):
        await take_in(service, url)
    with pytest.raises(InputImageRejected, match="port"):  # a forged link is a stranger's URL like any other
        await take_in(service, signed_url("https://elsewhere.test", kept.file, clock.now_ms + 1000, b"forged"))


async def test_an_upload_is_not_decoded_twice(service: Service, clock: Clock) -> None:
    customer = await a_customer(service)
    kept = await keep(service, figure_file(width_px=120, height_px=80))
    async with service.database.write() as tx:
        await uploads.keep(
            tx, customer.account_id, kept.file, kept.size_bytes, now_ms=0, expires_ms=1, original="a.jpg"
        )

    def decode(data: bytes, **_: object) -> picture.Picture:
        raise AssertionError("decoded again")

    url = signed_url("https://elsewhere.test", kept.file, clock.now_ms + 1000, service.secret)
    blind = dataclasses.replace(service, sandbox=SimpleNamespace(decode=decode))  # type: ignore[arg-type]
    assert await take_in(blind, url) == dataclasses.replace(kept, original="a.jpg")


async def test_a_reference_that_is_gone(service: Service) -> None:
    kept = await keep(service, figure_file())
    await service.files.delete(kept.file)
    with pytest.raises(InputImageRejected, match="expired"):
        await load(service, kept.file)
