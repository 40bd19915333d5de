"""Servers that the tests of answers talk to."""

from collections.abc import Iterator

import pytest

from tests.chat.fake_server import FakeServer, running_fake_server


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    with running_fake_server() as fake:
        yield fake
