"""Web pages as a browser shows them: what styles raise, strike out and hide, forms, tables, numbers of lists, listings."""

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from tests.files.reading import read, texts
from tests.ingest.container_files import epub


def page(body: str, style: str = "") -> str:
    return f"<!DOCTYPE html><html><head><style>{style}</style></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("mark", "style"),
    [
        ('<small style="font-size: .7em; vertical-align: super">2</small>', ""),
        ('<span class="fn">2</span>', ".fn { vertical-align: super }"),
        ('<i class="up">2</i>', "/* marks */ p > i.up { font: 70% serif; vertical-align: 40% }"),
        ('<span style="position: relative; top: -0.5em; font-size: 70%">2</span>', ""),
        ('<span style="vertical-align: 5px; font-size: 8px">2</span>', ""),
        ('<a role="doc-noteref" href="#n2">2</a>', ""),
        ('<a role="doc-noteref" href="#n2"><sup>[2]</sup></a>', ""),
        ('<sup><span style="vertical-align: super">2</span></sup>', ""),
        ('<span style="vertical-align: top; font-size: 8px">2</span>', ""),
        ('<font size="1" style="vertical-align: text-top">2</font>', ""),
        ('<small class="up">2</small>', ".up { vertical-align: top }"),
        ('<a class="up" href="#n2">2</a>', ".up { vertical-align: text-top; font-size: x-small }"),
    ],
)
def test_what_a_style_raises_is_no_digit_of_the_number_before_it(tmp_path: Path, mark: str, style: str) -> None:
    assert texts(tmp_path, "a.html", page(f"<p>It takes 36{mark} days.</p>", style)) == ["It takes 36² days."]


def test_small_words_at_the_edge_of_a_line_are_lowered_or_a_label(tmp_path: Path) -> None:
    body = '<p>CO<small style="vertical-align: bottom">2</small>, seat <small style="vertical-align: top">new</small>.</p>'

    assert texts(tmp_path, "a.html", page(body)) == ["CO₂, seat new."]


def test_an_icon_on_the_line_is_raised_by_nobody(tmp_path: Path) -> None:
    body = '<p>Deck <span style="vertical-align: 2px">B7</span>, <span style="position: relative; top: 0">lane 4</span>.</p>'

    assert texts(tmp_path, "a.html", page(body)) == ["Deck B7, lane 4."]


def test_what_a_rule_hides_is_left_out_and_reported_unless_the_page_can_open_it(tmp_path: Path) -> None:
    body, style = "<p>Fee 48.</p><p class=gone>The fee was once 35.</p>", ".gone { display: none }"

    left, warnings = read(tmp_path, "a.html", page(body, style))
    assert left == ["Fee 48."]
    assert warnings["hidden_parts"] == {"count": 1, "places": "“The fee was once 35.”"}
    for opening in ("<script>open()</script>", "<p onclick='x()'>More</p>"):
        assert "The fee was once 35." in texts(tmp_path, "a.html", page(body + opening, style))
    assert "The fee was once 35." in texts(tmp_path, "a.html", page(body, f"@media print {{ {style} }}"))


def test_a_dialog_counts_where_it_is_open_or_a_button_opens_it(tmp_path: Path) -> None:
    body = (
        "<p>Open daily.</p><dialog><p>This offer has ended.</p></dialog><dialog open><p>Closed on Friday.</p></dialog>"
        '<button commandfor="more">More</button><dialog id="more"><p>Dogs stay outside.</p></dialog>'
    )

    left, warnings = read(tmp_path, "a.html", page(body))
    assert left == ["Open daily.", "Closed on Friday.", "Dogs stay outside."]
    assert warnings["hidden_parts"]["count"] == 1


def test_words_that_a_page_keeps_from_listeners_alone_are_read(tmp_path: Path) -> None:
    formula = (
        '<span><math><mi>r</mi><mo>=</mo><mn>2</mn></math><span aria-hidden="true"><i>r</i><i>=</i><i>2</i> and so on</span></span>'
    )
    body = (
        '<p>Open daily <span aria-hidden="true">★</span></p><div aria-hidden="true"><p>The gate code is 4471.</p></div>'
        f"<p>{formula}</p>"
        '<div class="modal fade" aria-hidden="true"><p>Subscribe to our newsletter now.</p></div>'
    )

    assert texts(tmp_path, "a.html", page(body)) == ["Open daily", "The gate code is 4471.", "r = 2"]


def test_a_part_that_a_click_opens_is_content(tmp_path: Path) -> None:
    body = '<div onclick="open()">May I return it?</div><div style="display: none">Within 21 days.</div>'

    assert texts(tmp_path, "a.html", page(body)) == ["May I return it?", "Within 21 days."]


def test_an_aside_of_sentences_beside_the_main_part_is_content(tmp_path: Path) -> None:
    main = "<main><h1>Pool</h1><p>Open from nine to five on every day of the week, except on Monday.</p></main>"
    asides = "<aside><p>The sauna closes at six.</p></aside><aside><p><a href='/a'>All of our news</a></p><p>More</p></aside>"

    assert texts(tmp_path, "a.html", page(main + asides))[2:] == ["The sauna closes at six."]


def test_a_form_that_was_filled_in_is_read_with_its_values(tmp_path: Path) -> None:
    body = (
        '<form><p><label for="a">Cost centre</label> <input id="a" value="4711-B"><input type="hidden" value="x9"></p>'
        '<p><input type="checkbox" checked> Express <input type="checkbox"> Gift wrap</p>'
        "<p>Size <select><option>S</option><option selected>XL</option></select></p><p>Where <textarea>To gate 4</textarea></p>"
        '<table><tr><td>Name</td><td><input value="Ann"></td></tr></table><input type="submit" value="Send"></form>'
    )

    assert texts(tmp_path, "a.html", page(body)) == [
        *("Cost centre: 4711-B", "☑ Express ☐ Gift wrap", "Size: XL", "Where: To gate 4", "Name | Ann")
    ]


def test_the_description_of_a_picture_and_the_words_in_a_drawing_are_read(tmp_path: Path) -> None:
    body = (
        '<p><img src="a.png" alt="Plan: the exit is behind lift 3"><img src="l.png" alt="Logo"></p>'
        "<svg><title>Icon</title><text>Meet at the</text><text>flagpole</text></svg>"
    )

    assert texts(tmp_path, "a.html", page(body)) == ["Plan: the exit is behind lift 3", "Meet at the flagpole"]


def test_rows_and_cells_that_do_not_show_or_hold_are_left_out(tmp_path: Path) -> None:
    body = (
        "<table><tr><th>Item</th><th>Fee</th></tr><tr hidden><td>Old tent model</td><td>9</td></tr>"
        '<tr class="old"><td>Raft</td><td>8</td></tr><tr><td>Hut</td><td style="text-decoration: line-through">7</td></tr>'
        "<tr><td>Bike</td><td>6</td></tr></table>"
    )

    left, warnings = read(tmp_path, "a.html", page(body, ".old td { text-decoration: line-through }"))
    assert left == ["Item | Fee\nHut\nBike | 6"]
    assert warnings["struck_out"]["count"] == 3
    assert warnings["hidden_parts"]["count"] == 1


def test_a_table_made_of_other_elements_is_a_table(tmp_path: Path) -> None:
    head = '<div role="row"><span role="columnheader">Size</span><span role="columnheader">Price</span></div>'
    body = f'<div role="table">{head}<div role="row"><span role="cell">M</span><span role="cell">5</span></div></div>'

    assert texts(tmp_path, "a.html", page(body)) == ["Size | Price\nM | 5"]


def test_a_cell_that_spans_the_rest_of_its_group_counts_for_each_row_of_it(tmp_path: Path) -> None:
    rows = "<tr><td rowspan=0>North</td><td>Mon</td><td>5</td></tr><tr><td>Tue</td><td>6</td></tr>"
    head = "<thead><tr><th>A</th><th>B</th><th>C</th></tr></thead>"
    body = f"<table>{head}<tbody>{rows}</tbody><tbody><tr><td>x</td></tr></tbody></table>"

    assert texts(tmp_path, "a.html", page(body)) == ["A | B | C\nNorth | Mon | 5\nNorth | Tue | 6\nx"]


def test_items_carry_the_numbers_that_a_browser_prints(tmp_path: Path) -> None:
    body = (
        '<ol type="a"><li>x<li>y</ol><p>-</p><ol type="I" start="3"><li>x</ol><p>-</p><ol><li value="7">x<li>y</ol><p>-</p>'
        '<ol reversed><li>x<li>y</ol><p>-</p><ol style="list-style: cjk-ideographic"><li>甲<li>乙</ol><p>-</p>'
        '<ol class="r"><li>x</ol>'
    )

    read_texts = texts(tmp_path, "a.html", page(body, "ol.r { list-style-type: lower-roman }"))
    marks = [text.split("、")[0] + "、" if "、" in text else text.split()[0] for text in read_texts if text != "-"]
    assert marks == ["a.", "b.", "III.", "7.", "8.", "2.", "1.", "一、", "二、", "i."]


def test_listings_stay_letter_for_letter_without_the_numbers_of_their_lines(tmp_path: Path) -> None:
    body = "<pre>if a:<br>    b(--x)</pre><table><tr><td><pre>1\n2</pre></td><td><pre>c -= 1\n  d</pre></td></tr></table>"

    assert texts(tmp_path, "a.html", page(body)) == ["if a:\n    b(--x)", "c -= 1\n  d"]


def test_rules_that_lie_beside_a_page_in_its_file_count(tmp_path: Path) -> None:
    style = "s,.was { text-decoration: line-through } .up { vertical-align: super } .no { display: none }"
    body = (
        '<link rel="stylesheet" href="{0}"/><p>A loan lasts 14<span class="up">2</span> days and costs <b class="was">30</b> 45 '
        'euros.</p><p class="no">The staff code is 5151.</p>'
    )
    whole = MIMEMultipart("related", type="text/html")
    whole["Subject"] = "A page"
    whole.attach(MIMEText(body.format("cid:sheet@mhtml.blink"), "html"))
    whole.attach(sheet := MIMEText(style, "css"))
    sheet["Content-Location"] = "cid:sheet@mhtml.blink"

    book = epub([body.format("../look.css")], more={"OEBPS/look.css": style.encode()})
    for name, content in (("a.mht", whole.as_bytes()), ("a.epub", book)):
        left, warnings = read(tmp_path, name, content)
        assert left[0] == "A loan lasts 14² days and costs 45 euros."
        assert left[1:] == ([] if name == "a.mht" else ["Author: Ada Stone"])  # what the book declares
        assert (warnings["struck_out"]["count"], warnings["hidden_parts"]["count"]) == (1, 1)


LONG = (
    "<p>Everything else is said in the handbook, which lies at the gate and is given to every new colleague on the first day.</p>"
    * 6
)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (
            '<section id="consent"><h2>Consent</h2><p>It is kept for six years.</p></section>',
            ["Consent", "It is kept for six years."],
        ),
        ('<h2 id="cookies">Cookies</h2><p>Baskets live nine days.</p>', ["Cookies", "Baskets live nine days."]),
        ('<section id="navigation"><h2>In the hall</h2><p>Drive left.</p></section>', ["In the hall", "Drive left."]),
        ('<div class="gdpr"><h3>GDPR</h3><p>Answered within 21 days.</p></div>', ["GDPR", "Answered within 21 days."]),
        ('<section id="pagination" class="level2"><h2>Pages</h2><p>From page 3.</p></section>', ["Pages", "From page 3."]),
        ('<div class="cookie-consent"><h3>Cookies</h3><p>We use some.</p><button>Accept</button></div>', []),
        ('<div id="consent"><p>We value your privacy here.</p></div>', []),
        ('<div class="social"><h3>Follow us</h3><a href="/a">Here</a> <a href="/b">and over there</a></div>', []),
    ],
)
def test_a_section_with_a_heading_stays_whatever_its_name_is(tmp_path: Path, part: str, words: list[str]) -> None:
    found = texts(tmp_path, "a.html", page(f"<h1>Policy</h1>{part}{LONG}"))

    assert found[1 : 1 + len(words)] == words
    assert found[1 + len(words)].startswith("Everything")


def test_a_menu_of_a_canteen_is_a_list_and_one_of_commands_is_none(tmp_path: Path) -> None:
    dishes = "<menu><li>Lentil soup, 4.20 euros</li><li>Goulash, 6.90 euros</li></menu>"
    commands = "<menu><li><button>Copy</button></li><li><a href='/x'>Paste it here</a></li></menu>"

    assert texts(tmp_path, "a.html", page(f"<h1>Canteen</h1>{dishes}{commands}<p>Closed on Sundays.</p>"))[1:] == [
        *("- Lentil soup, 4.20 euros", "- Goulash, 6.90 euros", "Closed on Sundays.")
    ]


@pytest.mark.parametrize("start", ["div class=sidebar", "div role=complementary", "aside class=sidebar", "aside"])
@pytest.mark.parametrize("main", ["main", "div"])
def test_a_sidebar_of_sentences_is_content_and_one_of_links_is_none(tmp_path: Path, start: str, main: str) -> None:
    side = (
        "<{0}><p>A card costs 14 euros a year.</p></{1}><{0}><h3>News</h3><ul><li><a href='/a'>All of our news</a></li></ul></{1}>"
    )
    body = f"<{main}><h1>Library</h1>{LONG}</{main}>{side.format(start, start.split()[0])}"

    found = texts(tmp_path, "a.html", page(body))
    assert (found[-1], len(found)) == ("A card costs 14 euros a year.", 8)


@pytest.mark.parametrize(
    "style",
    [
        *("opacity: 0", "font-size: 0", "font-size: 1px", "position: absolute; left: -9999px", "text-indent: -999em"),
        *("color: #fffffe", "color: rgb(254, 254, 254)"),
    ],
)
def test_words_that_nobody_sees_are_left_out_by_a_rule_as_by_an_attribute(tmp_path: Path, style: str) -> None:
    for body, rule in (("<p style='{}'>", ""), ("<p class=no>", f".no {{ {style} }}")):
        left, warnings = read(tmp_path, "a.html", page(f"<p>Fee 48.</p>{body.format(style)}The secret fee is 35.</p>", rule))
        assert (left, warnings["hidden_parts"]["count"]) == (["Fee 48."], 1)


@pytest.mark.parametrize(
    ("inner", "rule"),
    [
        ("<b>The fee is 48.</b>", ".row { font-size: 0 } .row b { font-size: 14px }"),
        ("<b style='font: 14px serif'>The fee is 48.</b>", ".row { font-size: 0 }"),
        ("The fee is 48.", ".row { opacity: 0; animation: come 1s forwards }"),
        ("The fee is 48.", ".row { position: absolute; left: -5px; opacity: 0.5; font-size: 0.9em }"),
        ("The fee is 48.", "@media print { .row { opacity: 0; font-size: 0 } }"),
    ],
)
def test_words_that_come_to_be_seen_are_read(tmp_path: Path, inner: str, rule: str) -> None:
    assert texts(tmp_path, "a.html", page(f"<div class=row>{inner}</div>", rule)) == ["The fee is 48."]


def test_a_part_that_an_element_acting_as_a_button_opens_is_content(tmp_path: Path) -> None:
    page = '<h3 role="button" tabindex="0">How is it sent?</h3><div style="display:none"><p>By mail.</p></div>'

    assert texts(tmp_path, "a.html", page) == ["How is it sent?", "By mail."]
