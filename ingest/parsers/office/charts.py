"""Figures of a chart as the file keeps them beside the drawing: a line for each category, its series by their names."""

from collections.abc import Iterator

from lxml import etree

from ingest.parsers.office.sheets.number_format import show_number

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MAX_POINTS = 500  # of a series
CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"  # waterfalls, treemaps, funnels: [MS-ODRAWXML] 2.24.3
AXES = tuple(f"{C}{name}" for name in ("catAx", "dateAx", "valAx", "serAx"))


def chart_title(root: etree._Element) -> str:
    """Return what stands above a chart and beside its axes: "Sales by region (Quarter, EUR million)"; "" where nothing does."""
    title = _words(next((found for name in (C, CX) if (found := root.find(f"{name}chart/{name}title")) is not None), None))
    axes = ", ".join(dict.fromkeys(filter(None, (_words(axis.find(f"{C}title")) for axis in root.iter(*AXES)))))
    return f"{title} ({axes})" if title and axes else title or axes


def chart_lines(root: etree._Element) -> list[str]:
    """Return "2025: Guests 530; Members 12" for each category of a chart. `root`: of its part."""
    if root.tag == f"{CX}chartSpace":
        return list(_lines_of_newer(root))
    rows: dict[str, list[str]] = {}
    for series in root.iter(f"{C}ser"):
        name = _words(series.find(f"{C}tx"))
        names = _points(_first(series, "cat", "xVal"))
        sizes = _points(series.find(f"{C}bubbleSize"))
        for place, value in _points(_first(series, "val", "yVal")).items():
            size = f" ({sizes[place]})" if place in sizes else ""
            rows.setdefault(names.get(place, str(place + 1)), []).append(f"{name} {value}{size}".strip())
    return [f"{category}: {'; '.join(figures)}" for category, figures in rows.items()]


def _lines_of_newer(root: etree._Element) -> Iterator[str]:
    names = {
        found.get("val", ""): _words(series.find(f"{CX}tx"))
        for series in root.iter(f"{CX}series")
        for found in series.iter(f"{CX}dataId")
    }
    for data in root.iter(f"{CX}data"):
        texts, values = ({} if kind is None else _levels(kind, CX) for kind in (data.find(f"{CX}strDim"), data.find(f"{CX}numDim")))
        name = names.get(data.get("id", ""), "")
        for place, value in values.items():
            yield f"{texts.get(place, str(place + 1))}: {f'{name} {value}'.strip()}"


def _first(series: etree._Element, *names: str) -> etree._Element | None:
    return next((found for name in names if (found := series.find(f"{C}{name}")) is not None), None)


def _words(element: etree._Element | None) -> str:
    """Return the words of a title or a name, those of a cell as they were kept."""
    if element is None:
        return ""
    texts = [text.text or "" for text in element.iter(f"{A}t")] or [value.text or "" for value in element.iter(f"{C}v", f"{CX}v")]
    return " ".join("".join(texts).split())


def _points(data: etree._Element | None) -> dict[int, str]:
    """Return the kept values by their place, in their format; of names on several levels, all of them."""
    return {} if data is None else _levels(data, C)


def _levels(data: etree._Element, name: str) -> dict[int, str]:
    """Return the values of all levels by their place. `name`: of the elements, the namespace in braces."""
    # The lowest level comes first; a name of those above it goes on until the next one.
    lowest, *others = list(data.iter(f"{name}lvl")) or [data]
    found = {place: [value] for place, value in _level(lowest, data.findtext(f".//{name}formatCode") or "").items()}
    for level in others:
        names, above = _level(level, ""), ""
        for place in range(max(found, default=-1) + 1):
            above = names.get(place, above)
            if above and place in found:
                found[place].insert(0, above)
    return {place: " ".join(values) for place, values in found.items()}


def _level(data: etree._Element, code: str) -> dict[int, str]:
    found: dict[int, str] = {}
    code = data.get("formatCode") or code
    for point in data.iter(f"{C}pt", f"{CX}pt"):
        value, place = point.findtext(f"{C}v") or point.text, point.get("idx", "")
        if value and value.strip() and place.isdigit() and int(place) < MAX_POINTS:
            found[int(place)] = _number(value, point.get("formatCode") or code)
    return found


def _number(value: str, code: str) -> str:
    try:
        shown = show_number(float(value), code).strip()
    except ValueError:
        return " ".join(value.split())
    return shown or f"{float(value):.15g}"
