import pytest


@pytest.fixture
def root(tmp_path, settings):
    """A folder that may be read."""
    settings.MEDIA_ROOT, settings.BROKER_ROOT = tmp_path / "files", tmp_path / "broker"
    settings.ATTEST_HOME = tmp_path / "home"
    settings.ATTEST_HOME.mkdir()
    settings.SOURCE_FOLDERS = [str(tmp_path / "srv")]
    folder = tmp_path / "srv" / "share"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    return folder
