"""The stories of an RTF file (the body, notes, margins, boxes) and how their paragraphs end."""

import re
from dataclasses import dataclass, field

from lxml import etree

from ingest.parsers.office.building.tables import TableStory
from ingest.parsers.office.building.word import Setting, WordFile, set_paragraph
from ingest.parsers.office.legacy.rtf.state import State
from ingest.parsers.office.word.names import W

MAX_OUTLINE = 6
BULLETS = re.compile(r"^[^\w(\[（【]{0,2}$|^o$")


@dataclass(slots=True)
class Story:
    """`label`: what is printed in front of the paragraph. `has_counted_mark`: the document counts the mark of the note to come."""

    tables: TableStory
    paragraph: etree._Element
    has_counted_mark: bool = False
    label: str = ""


@dataclass(slots=True)
class Stories:
    """Those that are open, each inside the one before it. `styles`: names of paragraph styles by their numbers."""

    word: WordFile
    styles: dict[int, str] = field(default_factory=dict)
    _open: list[Story] = field(default_factory=list)

    @property
    def current(self) -> Story:
        return self._open[-1]

    @property
    def paragraph(self) -> etree._Element:
        return self._open[-1].paragraph

    @property
    def is_in_body(self) -> bool:
        return len(self._open) == 1

    def open(self, element: etree._Element) -> None:
        self._open.append(Story(tables=TableStory(element), paragraph=self._new_paragraph()))

    def close(self) -> None:
        """End the story, and with it a paragraph that nothing else ended. The body stays open."""
        story = self.current
        if len(story.paragraph):
            if story.label:
                self._prefix(story.paragraph, f"{story.label} ")
            story.tables.add(story.paragraph, 0)
        story.tables.finish()
        if not self.is_in_body:
            self._open.pop()

    def end_paragraph(self, state: State, *, is_numbered: bool, depth: int | None = None) -> None:
        """End the paragraph. `is_numbered`: by a list that the document defines. `depth`: of tables, where the mark says it."""
        story = self.current
        name = self.styles.get(state.style, "")
        label, story.label = story.label, ""
        if label and not is_numbered and len(story.paragraph):
            if BULLETS.match(label):
                name = name if name.lower().startswith("list") else "List"
            else:
                self._prefix(story.paragraph, f"{label} ")
        setting = Setting(
            heading=state.outline + 1 if state.outline is not None and 0 <= state.outline < MAX_OUTLINE else 0,
            style=self.word.style(name) if name else "",
            list_id=str(state.list_id) if is_numbered else "",
            list_level=state.list_level,
            is_deleted=state.look.is_deleted,
        )
        set_paragraph(story.paragraph, setting)
        story.tables.add(story.paragraph, state.depth if depth is None else depth)
        story.paragraph = self._new_paragraph()

    def _prefix(self, paragraph: etree._Element, label: str) -> None:
        self.word.text(paragraph, label)
        paragraph.insert(0, paragraph[-1])

    def _new_paragraph(self) -> etree._Element:
        return etree.Element(f"{W}p", nsmap=self.word.body.nsmap)
