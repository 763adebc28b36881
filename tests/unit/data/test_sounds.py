"""Sound files of every kind come out as one channel of decimals, and damaged ones with a reason."""

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.data import sounds
from engine.data.readers.files import open_tree
from engine.data.samples import Sound
from engine.data.sounds import SoundFiles, decode, decode_file, peaks, resampled, sounds_like
from engine.errors import DataError

RATE = 8000


def tone(seconds: float = 0.25, rate: int = RATE, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def wav_bytes(samples: np.ndarray, width: int = 2, rate: int = RATE, channels: int = 1) -> bytes:
    top = float(1 << (8 * width - 1))
    levels = np.clip(np.rint(samples.astype(np.float64) * top), -top, top - 1).astype(np.int64)
    raw = b"".join(
        (int(level) + 128).to_bytes(1, "little") if width == 1 else int(level).to_bytes(width, "little", signed=True)
        for level in levels.ravel()
    )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return buffer.getvalue()


def file_bytes(samples: np.ndarray, form: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "close"), [(1, 5e-3), (2, 2e-5), (3, 1e-6), (4, 1e-6)])
def test_reads_wav_of_every_width(width: int, close: float) -> None:
    found = decode(wav_bytes(tone(), width), "a.wav")
    assert found.rate == RATE
    assert found.samples.dtype == np.float32
    assert np.abs(found.samples - tone()).max() <= close
    assert found.whole == (width <= 2)


def test_full_scale_keeps_its_sign_in_every_width() -> None:
    for width in (1, 2, 3, 4):
        found = decode(wav_bytes(np.array([-1.0, 0.0, 1.0]), width), "a.wav")
        assert found.samples[0] == -1
        assert found.samples[1] == 0
        assert 0.99 <= found.samples[2] <= 1


@pytest.mark.parametrize(
    ("form", "subtype", "close"),
    [
        ("WAV", "FLOAT", 1e-7),
        ("WAV", "DOUBLE", 1e-7),
        ("WAVEX", "PCM_16", 4e-5),
        ("WAV", "ULAW", 2e-2),
        ("FLAC", "PCM_24", 1e-6),
        ("AIFF", "PCM_16", 4e-5),
        ("AU", "PCM_16", 4e-5),
        ("OGG", "VORBIS", 5e-2),
    ],
)
def test_reads_other_formats(form: str, subtype: str, close: float) -> None:
    found = decode(file_bytes(tone(1.0), form, subtype), "a")
    assert found.rate == RATE
    assert len(found.samples) == len(tone(1.0))
    assert np.abs(found.samples - tone(1.0)).max() <= close


def test_reads_mp3() -> None:
    found = decode(file_bytes(tone(1.0, 16000), "MP3", rate=16000), "a.mp3")
    assert found.rate == 16000
    assert abs(found.seconds - 1.0) < 0.2
    assert 0.3 < np.abs(found.samples).max() < 0.7


def test_stereo_becomes_the_mean_of_both() -> None:
    left, right = tone(hz=300), tone(hz=700)
    both = np.stack([left, right], axis=1)
    expected = (left + right) / 2
    for data in (wav_bytes(both, channels=2), file_bytes(both, "FLAC", "PCM_24")):
        assert np.abs(decode(data, "a").samples - expected).max() < 5e-5


def test_brings_another_rate_to_the_one_asked_for() -> None:
    high = decode(wav_bytes(tone(1.0, 16000), rate=16000), "a.wav", rate=RATE)
    assert high.rate == RATE
    assert len(high.samples) == RATE
    middle = slice(200, -200)
    assert np.abs(high.samples[middle] - tone(1.0)[middle]).max() < 1e-3
    assert not high.whole
    assert resampled(high, RATE) is high
    assert len(resampled(Sound(np.ones(1, np.float32), 44100), 100).samples) == 1


def test_what_lies_above_half_the_new_rate_does_not_fold_back() -> None:
    high = Sound(tone(1.0, 16000, hz=6000), 16000)
    assert np.abs(resampled(high, RATE).samples[200:-200]).max() < 1e-3


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, this is no sound at all, only text", "not a sound"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not a sound"),
        (b"\0\0\0\x20ftypM4A " + bytes(64), "not a sound"),
        (b"RIFF\x24\0\0\0WAVE", "damaged"),
        (b"fLaC" + bytes(60), "damaged"),
        (b"OggS" + bytes(60), "damaged"),
        (bytes(200), "not a sound"),
    ],
)
def test_says_why_a_file_is_no_use(data: bytes, words: str) -> None:
    with pytest.raises(DataError) as caught:
        decode(data, "here.wav")
    assert words in caught.value.message
    assert caught.value.where == "here.wav"


def test_a_file_cut_at_any_tenth_of_its_length_has_a_reason_or_sound() -> None:
    for data in (
        wav_bytes(tone()),
        file_bytes(tone(1.0), "FLAC", "PCM_16"),
        file_bytes(tone(1.0), "OGG", "VORBIS"),
        file_bytes(tone(1.0), "AIFF", "PCM_16"),
        file_bytes(tone(1.0, 16000), "MP3", rate=16000),
        file_bytes(tone(), "WAV", "FLOAT"),
    ):
        for tenth in range(10):
            try:
                found = decode(data[: len(data) * tenth // 10], "cut")
            except DataError as error:
                assert error.message
            else:
                assert len(found.samples) > 0


def test_a_cut_wav_says_how_much_is_there() -> None:
    with pytest.raises(DataError, match="cut off"):
        decode(wav_bytes(tone())[:-100], "cut.wav")


def test_a_wav_from_a_pipe_that_does_not_know_its_length_is_read_to_its_end() -> None:
    data = bytearray(wav_bytes(tone()))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    assert len(decode(bytes(data), "pipe.wav").samples) == len(tone())


def test_a_header_that_promises_hours_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MAX_SAMPLES", 1000)
    for data in (wav_bytes(tone()), file_bytes(tone(), "FLAC", "PCM_16"), file_bytes(tone(), "OGG", "VORBIS")):
        with pytest.raises(DataError, match="too long"):
            decode(data, "long.wav")


def test_no_samples_and_no_numbers_are_told() -> None:
    with pytest.raises(DataError, match="no sound"):
        decode(wav_bytes(np.zeros(0)), "none.wav")
    bad = tone()
    bad[5] = np.nan
    with pytest.raises(DataError, match="no numbers"):
        decode(file_bytes(bad, "WAV", "FLOAT"), "nan.wav")


def test_reads_files_and_says_what_is_wrong_with_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(tone()))
    assert decode_file(path).rate == RATE
    for wrong in (tmp_path, tmp_path / "none.wav"):
        with pytest.raises(DataError):
            decode_file(wrong)


def test_files_of_a_tree_are_read_with_a_digest(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(wav_bytes(tone()))
    (tmp_path / "c.wav").write_bytes(wav_bytes(tone(hz=300)))
    tree = open_tree(tmp_path)
    files = SoundFiles(tree, tree.entries)
    digests = [files.read_with_digest(index)[1] for index in range(len(files))]
    assert digests[0] == digests[1] != digests[2]
    assert files.read(2).rate == RATE
    assert all(sounds_like(tree.head(entry, 16)) for entry in tree.entries)


def test_peaks_are_lowest_and_highest() -> None:
    samples = np.array([0, 1, -1, 0.5, 0.25, 0.25], np.float32)
    assert peaks(samples, 3).tolist() == [[0, 1], [-1, 0.5], [0.25, 0.25]]
    assert peaks(samples[:0], 3).shape == (1, 2)
    assert len(peaks(samples, 100)) == 6


def test_a_part_that_says_it_is_longer_than_the_file_is_refused() -> None:
    head = b"RIFF\xc4\x0f\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00\x80>\x00\x00\x02\x00\x10\x00"
    with pytest.raises(DataError):
        decode(head + b"junk\x00\x00\x16\x37" + bytes(500), "a.wav")
