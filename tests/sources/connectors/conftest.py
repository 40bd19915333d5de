import pytest


@pytest.fixture(autouse=True)
def this_machine(settings):
    """The servers of these tests listen here; only who runs Attest may allow that."""
    settings.SOURCE_HOSTS = ["127.0.0.1"]
