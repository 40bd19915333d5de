"""What a line end cuts in a PDF is whole again: compounds of other languages, addresses, names of files."""

from pathlib import Path

from tests.files.reading import texts
from tests.ingest.files import lines, pdf


def test_compounds_of_another_language_are_whole_and_halves_of_words_prove_nothing(tmp_path: Path) -> None:
    german = lines(
        *("Das Wartungs-", "intervall und die Haft-", "pflichtversicherung gelten für Lager-", "und Transportschäden. Der Ver-"),
        *("tragspartner zahlt die Umsatz-", "steuer. Die Nord-", "Süd-Achse bleibt."),
    )
    english = lines("The tor-", "que of the sig-", "nature pump is low, the short-", "and long-term loans are not.")

    assert texts(tmp_path, "a.pdf", pdf(german)) == [
        "Das Wartungsintervall und die Haftpflichtversicherung gelten für Lager- und Transportschäden. Der Vertragspartner zahlt "
        "die Umsatzsteuer. Die Nord-Süd-Achse bleibt."
    ]
    assert texts(tmp_path, "a.pdf", pdf(english)) == [
        "The torque of the signature pump is low, the short- and long-term loans are not."
    ]


def test_addresses_and_names_of_files_go_on_in_the_next_line(tmp_path: Path) -> None:
    drawn = lines(
        *("Orders go to https://shop.example.org/catalogue/", "pumps?type=P-", "200&lang=en and to www.example."),
        *("org/help. The path is C:\\data\\", "exports. The file annual_", "report.xlsx is sent to sales@", "example.org."),
    )
    assert texts(tmp_path, "a.pdf", pdf(drawn)) == [
        "Orders go to https://shop.example.org/catalogue/pumps?type=P-200&lang=en and to www.example.org/help. The path is "
        "C:\\data\\exports. The file annual_report.xlsx is sent to sales@example.org."
    ]
