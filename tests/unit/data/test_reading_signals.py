"""Sound and series as a person gives them to Try it and predict."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.reading import read_input
from engine.data.samples import Sound
from engine.data.waveform_reader import HEIGHT, draw, main
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.errors import DataError
from tests.unit.data.test_sounds import file_bytes, tone, wav_bytes

SOUND = Field(name="sound", kind=FieldKind.AUDIO, statistics=Statistics(rate=8000, shape=(None,)))
PAST = Field(
    name="past",
    kind=FieldKind.SERIES,
    options={"columns": ["a", "b"]},
    statistics=Statistics(shape=(3, 2)),
)
LINE = Field(name="line", kind=FieldKind.SERIES, options={"columns": ["a"]}, statistics=Statistics(shape=(3, 1)))


def test_sound_comes_at_the_rate_of_the_field(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(file_bytes(tone(0.5, 16000), "FLAC", rate=16000))
    for value in (str(path), path, path.read_bytes(), Sound(tone(0.5, 16000), 16000)):
        found = read_input(SOUND, value)
        assert isinstance(found, np.ndarray) and found.dtype == np.float32
        assert found.shape == (4000,)
        assert np.abs(found[100:-100] - tone(0.5)[100:-100]).max() < 1e-3
    given = {"samples": tone(0.5).tobytes(), "rate": 8000}
    assert (read_input(SOUND, given) == tone(0.5)).all()
    assert (read_input(SOUND, tone(0.5)) == tone(0.5)).all()
    assert read_input(SOUND, np.stack([tone(0.5)] * 2, axis=1)).shape == (4000,)  # type: ignore[union-attr]


@pytest.mark.parametrize("value", ["none.wav", 3, None, b"no sound", {"samples": b"abc"}, np.full(9, np.nan)])
def test_what_is_no_sound_is_told(value: Any) -> None:
    with pytest.raises(DataError):
        read_input(SOUND, value)


def test_series_are_read_from_numbers_words_and_tables(tmp_path: Path) -> None:
    expected = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    for value in ([[1, 2], [3, 4], [5, 6]], expected, [1, 2, 3, 4, 5, 6], "1, 2; 3, 4; 5, 6", "[1 2 3 4 5 6]"):
        assert (read_input(PAST, value) == expected).all()
    path = tmp_path / "t.csv"
    path.write_text("time,b,a\n0,0,9\n3,6,5\n2,4,3\n1,2,1\n")
    found = read_input(PAST, str(path))
    assert (found == expected).all()
    assert np.isnan(read_input(LINE, "1, ?, 3")).tolist() == [[False], [True], [False]]


@pytest.mark.parametrize("value", ["1, 2", "a b c", None, [[1, 2]], "?, ?, ?", 5])
def test_what_is_no_series_is_told(value: Any) -> None:
    with pytest.raises(DataError) as caught:
        read_input(LINE, value)
    assert "3 × 1 numbers" in caught.value.expected


def test_a_waveform_is_drawn_in_a_process_of_its_own(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    picture = draw(tone(0.2), 100, b"\xff\0\0", b"\0\0\xff")
    assert picture.shape == (HEIGHT, 100, 3)
    red = (picture == [255, 0, 0]).all(axis=2)
    assert red.any(axis=0).all() and not red.all()
    assert draw(np.zeros(5, np.float32), 100, b"\xff\0\0", b"\0\0\xff").shape == (HEIGHT, 100, 3)
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(tone(0.2)))
    assert main([str(path), "64", "ff0000", "0000ff"]) == 0
    said = capfdbinary.readouterr().out
    assert said.startswith(b"64 160\n") and len(said) == len(b"64 160\n") + 64 * 160 * 3
    assert main([str(tmp_path / "none.wav"), "64", "ff0000", "0000ff"]) == 1
    assert b"no file" in capfdbinary.readouterr().err
    assert main([]) == 2
