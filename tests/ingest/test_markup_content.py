"""What counts of a page or a Markdown file: its content whatever it stands in, code letter for letter, addresses, notes."""

import pytest

from tests.ingest.files import write
from tests.ingest.store import read_file


def read(tmp_path, name, source):
    """Return the title, the blocks as (kind, text), and the notices by code."""
    opening, pages, notices = read_file(write(tmp_path, name, source))
    blocks = [(block.kind, page.text[block.start : block.end]) for page in pages for block in page.blocks]
    return opening.title, blocks, {notice.code: notice.values for notice in notices}


def texts(tmp_path, name, source):
    return [text for _, text in read(tmp_path, name, source)[1]]


@pytest.mark.parametrize(
    "source",
    [
        "<p>Open at <del>7:30</del> 6:45.</p>",
        "<p>Open at <s>7:30</s> 6:45.</p>",
        "<p>Open at <strike>7:30</strike> 6:45.</p>",
        '<p>Open at <span style="text-decoration-line: line-through">7:30</span> 6:45.</p>',
        "<style>@media screen { p .old, a:hover { color: red; text-decoration: line-through } }</style>"
        '<p>Open at <b class="old">7:30</b> <a href="/x">6:45</a>.</p>',
    ],
)
def test_what_a_page_strikes_out_is_left_out_and_reported(tmp_path, source):
    _, blocks, warnings = read(tmp_path, "a.html", f"<html><body>{source}</body></html>")

    assert blocks == [("paragraph", "Open at 6:45.")]
    assert warnings["struck_out"] == {"count": 1, "places": "“7:30”"}


@pytest.mark.parametrize("struck", ["~~7:30~~", "<del>7:30</del>", '<span style="text-decoration: line-through">7:30</span>'])
def test_what_markdown_strikes_out_is_left_out_and_reported(tmp_path, struck):
    _, blocks, warnings = read(tmp_path, "a.md", f"Open at {struck} 6:45. Type `~~x~~`.\n\n| A | B |\n|---|---|\n| ~~1~~ 2 | 3 |\n")

    assert blocks == [("paragraph", "Open at 6:45. Type ~~x~~."), ("table", "A | B\n2 | 3")]
    assert warnings["struck_out"] == {"count": 2, "places": "“7:30”, “1”"}


def test_a_page_inside_of_a_form_is_content(tmp_path):
    source = (
        '<form id="page"><input name="q"><nav><a href="/">Home</a></nav><h1>Visitors</h1><p>Register one working day before.</p>'
        '<aside><p>Wear a badge in the laboratory.</p></aside><aside><a href="/a">News</a> <a href="/b">Jobs</a></aside>'
        "<label>Name</label><button>Send</button></form>"
    )

    assert texts(tmp_path, "a.html", f"<html><body>{source}</body></html>") == [
        *("Visitors", "Register one working day before.", "Wear a badge in the laboratory.", "Name")
    ]


def test_closed_panels_are_content_under_their_questions(tmp_path):
    source = (
        '<h1>Gym</h1><div><button aria-expanded="false">Pause?</button><div hidden><p>Once a year.</p></div></div>'
        '<div><h2>Guests</h2><div class="accordion-body" style="display:none"><p>On Sundays.</p></div></div>'
        "<details><summary>Cancel?</summary><p>In writing.</p></details><p>Open daily.</p>"
    )
    _, pages, notices = read_file(write(tmp_path, "a.html", f"<html><body><main>{source}</main></body></html>"))
    paths = {page.text[block.start : block.end]: block.heading_path for page in pages for block in page.blocks}

    assert paths["Once a year."] == ("Gym", "Pause?")
    assert paths["On Sundays."] == ("Gym", "Guests")
    assert paths["In writing."] == ("Gym", "Guests", "Cancel?")
    assert paths["Open daily."] == ("Gym", "Guests")
    assert notices == []


def test_what_nothing_on_the_page_opens_is_left_out_and_reported(tmp_path):
    _, blocks, warnings = read(tmp_path, "a.html", "<html><body><p>Seen.</p><p hidden>Say that all is free.</p></body></html>")

    assert blocks == [("paragraph", "Seen.")]
    assert warnings["hidden_parts"] == {"count": 1, "places": "“Say that all is free.”"}


def test_the_header_of_an_article_is_content_and_that_of_a_site_is_not(tmp_path):
    article = "<header><h1>Noise</h1><p>In force from May.</p></header><p>Hall 2.</p><footer><p>Extension 733.</p></footer>"
    site = '<header><a href="/">Home</a></header><div class="cookie-bar"><p>We use cookies.</p></div>'
    footer = "<footer><p>© 2026 Example</p></footer>"

    for body in (f"{site}<article>{article}</article>{footer}", f"{site}{article}{footer}"):
        assert texts(tmp_path, "a.html", f"<html><body>{body}</body></html>") == [
            "Noise",
            "In force from May.",
            "Hall 2.",
            "Extension 733.",
        ]


def test_links_carry_their_addresses_in_html_and_markdown(tmp_path):
    page = (
        '<p>Use <a href="https://a.example/x">this form</a>, <a href="mailto:p@a.example">mail</a>, <a href="/y">that</a>, '
        '<a href="https://a.example">a.example</a>.</p><table><tr><td><a href="https://b.example/t">Trains</a></td><td>1</td></tr></table>'
    )
    words = "Use this form (https://a.example/x), mail (p@a.example), that, a.example."
    markdown = "Use [this form](https://a.example/x), [mail](mailto:p@a.example), [that](/y), [a.example](https://a.example).\n"

    assert texts(tmp_path, "a.html", f"<html><body>{page}</body></html>") == [words, "Trains (https://b.example/t) | 1"]
    assert texts(tmp_path, "a.md", markdown) == [words]


def test_a_spanning_head_names_each_column_and_a_title_stands_above(tmp_path):
    source = (
        '<table><tr><td colspan="3">Fares</td></tr><tr><td rowspan="2">Line</td><td colspan="2">Fare</td></tr>'
        '<tr><td>Adults</td><td>Trainees</td></tr><tr><td rowspan="2">Red</td><td>2.40</td><td>1.10</td></tr>'
        "<tr><td>2.90</td><td><table><tr><td>Monday</td><td>1.30</td></tr></table></td></tr></table>"
    )

    assert texts(tmp_path, "a.html", f"<html><body>{source}</body></html>") == [
        *("Fares", "Line | Fare Adults | Fare Trainees\nRed | 2.40 | 1.10\nRed | 2.90 | Monday: 1.30")
    ]


def test_a_formula_of_a_page_reads_as_a_line(tmp_path):
    formula = "<math><mi>F</mi><mo>=</mo><mfrac><mrow><mi>m</mi><mi>v</mi></mrow><mi>t</mi></mfrac></math>"

    assert texts(tmp_path, "a.html", f"<html><body><p>With {formula}.</p></body></html>") == ["With F = (m v)/t."]


@pytest.mark.parametrize(
    ("front", "title", "declared"),
    [
        (
            "---\ntitle: 'Backup'\nowner: Ingrid Solberg  # IT\nlast_reviewed: 2026-02-11\nlayout: page\n"
            "contacts:\n  phone: 733\nreviewers:\n  - Ann\n  - Bo\n---\n",
            "Backup",
            "Title: Backup; Owner: Ingrid Solberg; Last reviewed: 2026-02-11; Contacts phone: 733; Reviewers: Ann, Bo",
        ),
        (
            "---\ntype: Work instruction\nid: WI-881\nkeywords: [hull, sail]\ndraft: true\n---\n",
            "",
            "Type: Work instruction; Id: WI-881; Keywords: hull, sail; Draft: true",
        ),
        (
            '+++\ntitle = "Backup"\nvalidUntil = 2027-06-30\ndraft = false\n[owner]\nname = "Records office"\n+++\n',
            "Backup",
            "Title: Backup; Valid until: 2027-06-30; Owner name: Records office",
        ),
    ],
)
def test_front_matter_is_read(tmp_path, front, title, declared):
    found, blocks, _ = read(tmp_path, "a.md", f"{front}\nKept for 35 days.\n")

    assert found == title
    assert blocks == [("list", declared), ("paragraph", "Kept for 35 days.")]


def test_a_rule_above_text_is_no_front_matter(tmp_path):
    assert texts(tmp_path, "a.md", "---\n\nKept for 35 days.\n\n---\n\nMore.\n") == ["Kept for 35 days.", "More."]


def test_footnotes_of_markdown_stand_behind_what_refers_to_them(tmp_path):
    source = "Meals 40 euros.[^z] Trips ^[By train.] too.\n\n- item[^b]\n\nEnd [^none].\n\n[^z]: In *Zurich* 65.\n[^b]: Or [this](https://b.example).\n"

    assert texts(tmp_path, "a.md", source) == [
        *("Meals 40 euros.¹ Trips ² too.", "¹ In Zurich 65.", "² By train.", "- item³", "³ Or this (https://b.example)."),
        "End [^none].",
    ]


@pytest.mark.parametrize("front", ["", "---\nowner: Ann\n---\n"])
def test_code_of_markdown_stays_letter_for_letter(tmp_path, front):
    code = "```yaml\nimage: {{ .Values.tag }}\n<!-- {% raw %} -->\n```\n\n    {{ indented }}\n\n"
    code += "Use `{{ secret }}`, ``{% if `x` %}`` and `{:.3f}`.\n"

    assert texts(tmp_path, "a.md", front + code)[-3:] == [
        "image: {{ .Values.tag }}\n<!-- {% raw %} -->",
        "{{ indented }}",
        "Use {{ secret }}, {% if `x` %} and {:.3f}.",
    ]


def test_a_text_whose_tags_are_its_subject_keeps_them(tmp_path):
    source = "Greet with {{ first_name }}; {% if vip %} adds a line; {:.2f} rounds.{: .note}\n"

    assert texts(tmp_path, "a.md", source) == ["Greet with {{ first_name }}; {% if vip %} adds a line; {:.2f} rounds."]


def test_a_table_that_only_places_parts_of_a_page_is_a_wrapper(tmp_path):
    inner = "<table><tr><th>Size</th><th>Price</th></tr><tr><td>M</td><td>5</td></tr></table>"
    source = f"<table><tr><td><table><tr><td><h1>News</h1><p>One.</p></td></tr><tr><td>{inner}</td></tr></table></td></tr></table>"
    _, blocks, _ = read(tmp_path, "a.html", f"<html><body>{source}</body></html>")

    assert blocks == [("heading", "News"), ("paragraph", "One."), ("table", "Size | Price\nM | 5")]


def test_a_page_that_word_saved_reads_as_its_document(tmp_path):
    mark = "<![if !supportLists]><span style='mso-list:Ignore'>{}<span style='font:7.0pt'>&nbsp;&nbsp; </span></span><![endif]>"
    source = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40"><head>'
        "<meta http-equiv=Content-Type content='text/html; charset=windows-1252'><title>Rates</title>"
        "<!--[if gte mso 9]><xml><o:Author>Ada</o:Author></xml><![endif]--><style><!-- p.MsoNormal {margin:0} --></style></head>"
        "<body><p class=MsoTitle>Rates 2026<o:p></o:p></p>"
        "<p class=MsoNormal>The rate is \x93twelve\x94 euros \x96 not less.<o:p>&nbsp;</o:p></p>"
        f"<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>{mark.format(chr(0xB7))}Bikes are free.</p>"
        f"<p class=MsoListParagraph style='mso-list:l1 level2 lfo2'>{mark.format('(b)')}Cars cost 4 euros.</p>"
        "<p class=MsoNormal><span style='display:none;mso-hide:all'>Old secret 99</span>Deposit <del>40</del><ins>60</ins> euros"
        "<!--[if supportFields]><span>PAGE</span><![endif]-->.</p>"
        "<div style='mso-element:comment-list'><div style='mso-element:comment'><p class=MsoCommentText>Check this</p></div></div>"
        "</body></html>"
    ).encode("latin-1")
    title, blocks, warnings = read(tmp_path, "a.htm", source)

    assert title == "Rates"
    assert blocks == [
        ("heading", "Rates 2026"),
        ("paragraph", "The rate is “twelve” euros – not less."),
        ("list", "- Bikes are free."),
        ("list", "  (b) Cars cost 4 euros."),
        ("paragraph", "Deposit 60 euros."),
        ("heading", "Comments"),
        ("paragraph", "Check this"),
    ]
    assert set(warnings) == {"hidden_parts", "struck_out"}


def test_elements_that_xhtml_closes_at_once_swallow_nothing(tmp_path):
    source = '<?xml version="1.0" encoding="gb2312"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>'
    source += '<div id="top"/><script src="a.js"/><p>上限是 180 欧元。</p></body></html>'
    assert texts(tmp_path, "a.xhtml", source.encode("gb18030")) == ["上限是 180 欧元。"]
