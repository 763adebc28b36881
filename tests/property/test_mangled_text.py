"""Any text, however odd, is read in some layout or refused in words, and what is read comes through whole."""

import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.checks.inference import ShapeChecker
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.errors import DataError

PIECES = st.sampled_from(
    [
        *("a", "The cat", "sat", "\t", "\t", "\n", "\n", "\n\n", "<Pros>", "</Pros>", "__label__x ", "CC-BY", " ", "."),
        *("猫", "\ufeff", "\r", "\x0c", "1,5", "good\tit works\n", "en", "\u2028", "\x00"),
    ]
)
TEXT = st.lists(PIECES, min_size=1, max_size=120).map("".join)
CLASSES = ("x/1.txt", "x/2.txt", "y/1.txt", "y/2.txt")
NAMES = st.sampled_from([("a.txt",), ("a.txt", "b.txt"), ("t.en", "t.sv"), ("train.txt", "test.txt"), CLASSES])


@pytest.mark.parametrize("layout", ["", "text_lines", "parallel_text", "plain_text"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), names=NAMES)
def test_any_text_is_read_or_refused_in_words(
    layout: str, data: st.DataObject, names: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("text")
    for name in names:
        path = folder / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.draw(TEXT).encode() if data.draw(st.booleans()) else data.draw(st.binary(max_size=80)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = inspect(folder / "set", layout=layout)
        except DataError as error:
            assert error.message and error.message.endswith((".", "?"))
            return
        dataset = open_dataset(folder, found.data)
        assert dataset.samples == found.samples > 0
        for field in found.data.fields:
            if field.role != "ignored":
                assert len(dataset.columns((field.name,), "all")) == dataset.samples
        if len(dataset.split_numbers("train")) > 1:
            project = propose("x", found.data, found.samples)
            assert not [problem for problem in ShapeChecker(project).problems() if problem.severity == "error"]


def test_what_was_read_is_the_file(tmp_path: Path) -> None:
    text = "".join(f"line {i} of the text\n\n" for i in range(200))
    path = tmp_path / "story.txt"
    path.write_text(text)
    dataset = open_dataset(tmp_path, inspect(path, layout="plain_text").data)
    assert "".join(dataset.raw(number, "text") for number in range(dataset.samples)) == text
