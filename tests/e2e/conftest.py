"""One server for each editor in a test module, as starting one takes most of a test's time."""

from collections.abc import Iterator

import pytest
from lsp_client import EDITORS, Client, capabilities_of


@pytest.fixture(scope="package", params=EDITORS)
def editor(request: pytest.FixtureRequest) -> Iterator[tuple[str, Client]]:
    client = Client()
    client.start(capabilities_of(request.param))
    yield request.param, client
    assert client.stop() == 0


@pytest.fixture
def plain() -> Iterator[Client]:
    """A server of the test's own, not started."""
    client = Client()
    yield client
    client.kill()
