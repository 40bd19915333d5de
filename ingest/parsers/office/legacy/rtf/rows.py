"""The rows of RTF tables: \\trowd begins the shape of a row, \\cellx ends the shape of a cell."""

from dataclasses import dataclass, field

from ingest.parsers.office.building.tables import MAX_CELLS, CellShape, RowShape


@dataclass(slots=True)
class RowWords:
    """Collects a shape word by word; it holds until another one begins."""

    left: int = 0
    is_head: bool = False
    is_deleted: bool = False
    cells: list[CellShape] = field(default_factory=list)
    _across: bool = False
    _down: str = ""

    def take(self, word: str, number: int | None) -> bool:
        """Take a control word. Returns: whether it was one of a row's."""
        if word == "trowd":
            self.left, self.is_head, self.is_deleted, self.cells, self._across, self._down = 0, False, False, [], False, ""
        elif word == "trleft":
            self.left = number or 0
        elif word == "trhdr":
            self.is_head = True
        elif word in ("trdel", "trauthdel"):
            self.is_deleted = True
        elif word == "clmrg":
            self._across = True
        elif word in ("clvmgf", "clvmrg"):
            self._down = "restart" if word == "clvmgf" else "continue"
        elif word == "cellx":
            if len(self.cells) < MAX_CELLS:
                self.cells.append(CellShape(right=number or 0, across=self._across, down=self._down))
            self._across, self._down = False, ""
        else:
            return False
        return True

    @property
    def shape(self) -> RowShape:
        return RowShape(left=self.left, cells=tuple(self.cells), is_head=self.is_head, is_deleted=self.is_deleted)
