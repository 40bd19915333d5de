"""Figures of a chart as the file keeps them beside the drawing: a line for each category, its series by their names."""

from lxml import etree

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MAX_POINTS = 500  # of a series
KIND = "/chart"


def chart_title(root: etree._Element) -> str:
    """Return what stands above a chart, "" where nothing does."""
    title = root.find(f"{C}chart/{C}title")
    return _words(title) if title is not None else ""


def chart_lines(root: etree._Element) -> list[str]:
    """Return "2025: Guests 530; Members 12" for each category of a chart. `root`: of its part."""
    rows: dict[str, list[str]] = {}
    for series in root.iter(f"{C}ser"):
        name = _words(series.find(f"{C}tx"))
        names = _points(_first(series, "cat", "xVal"))
        for place, value in _points(_first(series, "val", "yVal")).items():
            rows.setdefault(names.get(place, str(place + 1)), []).append(f"{name} {value}".strip())
    return [f"{category}: {'; '.join(figures)}" for category, figures in rows.items()]


def _first(series: etree._Element, *names: str) -> etree._Element | None:
    return next((found for name in names if (found := series.find(f"{C}{name}")) is not None), None)


def _words(element: etree._Element | None) -> str:
    """Return the words of a title or a name, those of a cell as they were kept."""
    if element is None:
        return ""
    texts = [text.text or "" for text in element.iter(f"{A}t")] or [value.text or "" for value in element.iter(f"{C}v")]
    return " ".join("".join(texts).split())


def _points(data: etree._Element | None) -> dict[int, str]:
    """Return the kept values by their place; of names on several levels, all of them."""
    found: dict[int, list[str]] = {}
    for point in data.iter(f"{C}pt") if data is not None else ():
        value = point.findtext(f"{C}v")
        place = point.get("idx", "")
        if value and place.isdigit() and int(place) < MAX_POINTS:
            found.setdefault(int(place), []).insert(0, _number(value))
    return {place: " ".join(values) for place, values in found.items()}


def _number(value: str) -> str:
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return " ".join(value.split())
