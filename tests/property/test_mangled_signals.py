"""Damaged sound and damaged tables over time: each is used or refused in words, whatever was broken."""

import warnings
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.data.importing import inspect
from engine.data.sounds import decode
from engine.errors import DataError
from tests.unit.data.test_series_data import dates, waves
from tests.unit.data.test_sounds import file_bytes, tone, wav_bytes

SOUNDS = (
    wav_bytes(tone()),
    wav_bytes(tone(), 3),
    file_bytes(tone(), "WAV", "FLOAT"),
    file_bytes(tone(), "FLAC", "PCM_16"),
    file_bytes(tone(), "AIFF", "PCM_16"),
    file_bytes(tone(), "OGG", "VORBIS"),
    file_bytes(tone(0.5, 16000), "MP3", rate=16000),
)
TABLE = "\n".join(
    ["date,sales,visits", *(f"{day},{value:.3f},{int(value)}" for day, value in zip(dates(90), waves(90), strict=True))]
).encode()

changes = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=0, max_size=4)), min_size=1, max_size=8)


def broken(data: bytes, cut: float, edits: list[tuple[float, bytes]]) -> bytes:
    """The beginning of the data, some bytes written over."""
    found = bytearray(data[: round(cut * len(data))])
    for place, written in edits:
        start = int(place * max(0, len(found) - 1))
        found[start : start + len(written)] = written
    return bytes(found)


@given(st.sampled_from(SOUNDS), st.floats(0, 1), changes)
@settings(max_examples=150)
def test_damaged_sound_is_read_or_refused(data: bytes, cut: float, edits: list[tuple[float, bytes]]) -> None:
    try:
        sound = decode(broken(data, cut, edits), "a.wav", 8000)
    except DataError as error:
        assert error.message and error.where == "a.wav"
    else:
        assert len(sound.samples) and sound.rate == 8000


words = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([b"\n", b",", b'"', b"NA", b"-", b"9999", b"\xff", b"\0"])))


@given(st.floats(0.05, 1), words)
@example(0.08203125, [(0.0, b","), (0.5, b","), (0.75, b",")])  # dates of which none can be read
@settings(max_examples=40)
def test_a_damaged_table_over_time_is_read_or_refused(
    tmp_path_factory, cut: float, edits: list[tuple[float, bytes]]
) -> None:
    path: Path = tmp_path_factory.mktemp("broken") / "a.csv"
    path.write_bytes(broken(TABLE, cut, edits))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layout in ("", "series"):
            try:
                found = inspect(path, layout=layout)
            except DataError as error:
                assert error.message
            else:
                assert found.samples > 0
