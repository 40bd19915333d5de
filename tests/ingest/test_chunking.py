from ingest.parsers.content import Block
from ingest.stages.chunking import ChunkSize, SourcePage, cut_pages
from tests.ingest.files import write
from tests.ingest.store import read_file


def count_words(texts):
    return [len(text.split()) for text in texts]


def count_characters(texts):
    return [sum(not character.isspace() for character in text) for text in texts]


def cut(path, *, count=count_words, **sizes):
    opening, pages, _ = read_file(path)
    source = [SourcePage(number=page.number, text=page.text, blocks=page.blocks) for page in pages]
    chunks = list(cut_pages(source, title=opening.title, count_tokens=count, size=ChunkSize(**sizes)))
    return chunks, {page.number: page for page in pages}


def test_every_chunk_is_exactly_a_stretch_of_its_page_and_all_words_are_kept(tmp_path):
    text = "# Guide\n\n" + "\n\n".join(
        f"## Part {n}\n\n" + " ".join(f"Sentence {i} of part {n} says one thing." for i in range(40)) for n in range(12)
    )
    chunks, pages = cut(write(tmp_path, "a.md", text), target=60, maximum=90, context=20)

    assert len(chunks) > 20
    for chunk in chunks:
        assert pages[chunk.page_number].text[chunk.start : chunk.end] == chunk.text
        assert chunk.text == chunk.text.strip()
    kept = " ".join(" ".join(chunk.heading_path) + " " + chunk.text for chunk in chunks)
    assert all(f"Sentence {i} of part {n} says one thing." in kept for n in range(12) for i in range(40))


def test_chunks_stay_below_the_maximum_with_their_context(tmp_path):
    text = "# A title of five words\n\n" + " ".join(f"word{i}" for i in range(3000))
    chunks, _ = cut(write(tmp_path, "a.md", text), target=60, maximum=90, context=20)

    assert max(count_words([" ".join((*chunk.heading_path, chunk.prefix, chunk.text))])[0] for chunk in chunks) <= 90


def test_a_short_document_is_one_chunk(tmp_path):
    text = "# Fees\n\n" + " ".join(f"Rule {i} costs {i} euros." for i in range(14))
    chunks, _ = cut(write(tmp_path, "a.md", text), target=60, maximum=90, context=20)

    assert len(chunks) == 1
    assert chunks[0].text.startswith("Rule 0 costs")


def test_chunks_carry_the_path_of_their_headings_and_not_the_headings_themselves(tmp_path):
    body = " ".join(["Some words to fill the section with."] * 12)
    text = f"# Leave\n\n## Annual\n\n{body}\n\n### Carry over\n\n{body}\n\n## Sick\n\n{body}"
    chunks, _ = cut(write(tmp_path, "a.md", text), target=90, maximum=120, context=20)

    assert [chunk.heading_path for chunk in chunks] == [("Annual",), ("Annual", "Carry over"), ("Sick",)]
    assert all("Carry over" not in chunk.text for chunk in chunks)


def test_no_chunk_but_the_last_ends_in_a_heading(tmp_path):
    text = "\n\n".join(f"## Heading {i}\n\n" + "Words of a body here. " * (3 + i % 7) for i in range(60))
    chunks, _ = cut(write(tmp_path, "a.md", text), target=60, maximum=90, context=20)

    assert not [chunk.text for chunk in chunks if chunk.text.splitlines()[-1].startswith("Heading")]


def test_a_long_table_repeats_its_header_as_prefix(tmp_path):
    rows = "\n".join(f"| Item {i} | {i * 3} EUR | {i} days |" for i in range(60))
    chunks, _ = cut(
        write(tmp_path, "a.md", f"| Name | Price | Delivery |\n|---|---|---|\n{rows}\n"), target=60, maximum=90, context=20
    )

    assert len(chunks) > 4
    assert chunks[0].prefix == ""
    assert {chunk.prefix for chunk in chunks[1:]} == {"Name | Price | Delivery"}
    assert all(row.count("|") == 2 for chunk in chunks for row in chunk.text.splitlines())


def test_chinese_sentences_are_not_broken(tmp_path):
    sentences = [f"第{i}条规定，职工连续工作满{i}年的，享受带薪年休假{i}天。" for i in range(60)]
    chunks, _ = cut(
        write(tmp_path, "a.md", "# 条例\n\n" + "".join(sentences)), count=count_characters, target=120, maximum=160, context=30
    )

    assert len(chunks) > 8
    assert all(chunk.text.endswith("。") for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == "".join(sentences)


def test_a_sentence_longer_than_a_chunk_is_cut_at_a_comma(tmp_path):
    text = ", ".join(f"clause number {i} of a sentence without an end" for i in range(80))
    chunks, pages = cut(write(tmp_path, "a.txt", text), target=60, maximum=90, context=20)

    assert len(chunks) > 5
    assert all(chunk.text.endswith((",", "end")) for chunk in chunks)
    assert all(pages[chunk.page_number].text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


def test_tokens_are_counted_in_few_calls():
    pages = [
        SourcePage(number=n, text="One. Two. Three.", blocks=(Block(kind="paragraph", start=0, end=16),)) for n in range(1, 65)
    ]
    calls = []

    def count(texts):
        calls.append(len(texts))
        return count_words(texts)

    assert len(list(cut_pages(pages, title="T", count_tokens=count))) == 64
    assert len(calls) == 2
