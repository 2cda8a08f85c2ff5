"""Clients on the real application, over ASGI, with a real database and toy engines."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from castlist.flow.service import Service
from castlist.testing.http import client_of
from castlist.testing.service import Customer


@pytest.fixture
async def anyone(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without a key."""
    async with client_of(service) as made:
        yield made


@pytest.fixture
async def client(service: Service, customer: Customer) -> AsyncIterator[httpx2.AsyncClient]:
    """The customer's client."""
    async with client_of(service) as made:
        made.headers.update(customer.headers)
        yield made
