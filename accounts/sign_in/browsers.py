"""Browsers as people know them, from what they call themselves: enough to tell one's own devices apart, and nothing to rely on."""

BROWSERS = (  # the first one that fits: most of them name others too
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
NAME_CHARACTERS = 60


def name_browser(text: str) -> str:
    """Return "Firefox · Windows" or as much as can be said; what is unknown is cut to a line, "" for nothing."""
    found = [next((name for sign, name in table if sign in text), "") for table in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, found)) or text[:NAME_CHARACTERS]
