"""What every test of a connector does: open it on this machine, read a listing to its end, fetch what it lists."""

import io
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from sources.connectors.port import Changes, Connector, Item, Manifest


@dataclass(frozen=True)
class Listing:
    """A listing that was read to its end."""

    pages: list[Changes] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        return [item for page in self.pages for item in page.items]

    @property
    def by_name(self) -> dict[str, Item]:
        return {"/".join((*item.folders, item.name)): item for item in self.items if not item.deleted}

    @property
    def deleted(self) -> set[str]:
        return {item.id for item in self.items if item.deleted}

    @property
    def cursor(self) -> str:
        return self.pages[-1].cursor

    @property
    def is_complete(self) -> bool:
        return self.pages[-1].complete


@contextmanager
def opened(manifest: Manifest, settings: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> Iterator[Connector]:
    """Open it as the machinery does: every setting is there, with its default where nothing else is said."""
    filled = {setting.name: setting.default for setting in manifest.settings if not setting.secret} | dict(settings)
    assert set(filled) == {setting.name for setting in manifest.settings if not setting.secret}
    with closing(manifest.open(filled, secrets or {})) as connector:
        yield connector


def list_all(connector: Connector, cursor: str = "") -> Listing:
    pages = list(connector.list_changes(cursor))
    assert [page.ended for page in pages] == [False] * (len(pages) - 1) + [True]
    assert not any(page.complete for page in pages[:-1])
    return Listing(pages)


def fetch(connector: Connector, item: Item) -> bytes:
    into = io.BytesIO()
    connector.fetch(item, into)
    return into.getvalue()


def list_from_every_page(connector: Connector) -> None:
    """Go on from each page's cursor, as after kill -9: what is listed from there and what came before are the whole."""
    whole = list_all(connector)
    for place, page in enumerate(whole.pages[:-1]):
        before = {item.id for known in whole.pages[: place + 1] for item in known.items}
        rest = list_all(connector, page.cursor)
        assert before | {item.id for item in rest.items} == {item.id for item in whole.items}
        assert rest.is_complete
