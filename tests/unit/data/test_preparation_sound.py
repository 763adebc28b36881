"""The steps of sound say the right thing, and the exported file prepares sound as training did."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from engine.catalog.preparation_sound import SOUND_STEPS, fourier_size
from engine.checks.field_specs import prepared_spec
from engine.data.preparation import Preparation
from engine.data.preparation.sound import cosines, mel_filters
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.errors import DataError, ShapeMismatch
from engine.onnx_writer import OnnxWriter

RATE = 8000
RNG = np.random.default_rng(7)


def field_of(*steps: Step, rate: int = RATE) -> Field:
    statistics = Statistics(rate=rate, shape=(None,))
    return Field(name="sound", kind=FieldKind.AUDIO, preparation=steps, statistics=statistics)


def step(name: str, **attributes: Any) -> Step:
    return Step(type=name, attributes=attributes)


def tone(seconds: float, hz: float, rate: int = RATE) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def through_onnx(field: Field, sounds: list[np.ndarray], opset: int = 20) -> np.ndarray:
    """What the exported file makes of recordings, each asked alone at its own length."""
    writer = OnnxWriter(opset)
    prepared = Preparation(field)
    value = prepared.write_input(writer)
    writer.output(value, "prepared", 1, ["N", *[None] * (prepared.apply(sounds[:1]).ndim - 1)])
    model = writer.model()
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"sound": sound[None]})[0] for sound in sounds])


def same_both_ways(field: Field, sounds: list[np.ndarray], opset: int = 20) -> np.ndarray:
    ours = Preparation(field).apply(sounds).numpy()
    theirs = through_onnx(field, sounds, opset)
    assert theirs.shape == ours.shape
    spec = prepared_spec(field).shape
    assert len(spec) == ours.ndim
    assert all(size is None or size == there for size, there in zip(spec[1:], ours.shape[1:], strict=True))
    scale = max(1.0, float(np.abs(ours).max()))
    np.testing.assert_allclose(theirs / scale, ours / scale, rtol=0, atol=1e-5)
    return ours


LENGTHS = (1, 2, 799, 800, 801, 1600, 2401, 5000)


@pytest.mark.parametrize("keep", ["start", "middle", "end"])
@pytest.mark.parametrize("fill", ["silence", "repeat"])
def test_any_length_becomes_the_one(keep: str, fill: str) -> None:
    sounds = [RNG.uniform(-1, 1, size).astype(np.float32) for size in LENGTHS]
    field = field_of(step("Length", seconds=0.1, keep=keep, fill=fill), step("Waveform"))
    ours = same_both_ways(field, sounds)
    assert ours.shape == (len(LENGTHS), 1, 800)
    long, short = sounds[LENGTHS.index(5000)], sounds[LENGTHS.index(799)]
    start = {"start": 0, "middle": 2100, "end": 4200}[keep]
    assert (ours[LENGTHS.index(5000), 0] == long[start : start + 800]).all()
    place = 1 if keep == "end" or (keep == "middle" and fill == "silence") else 0
    if fill == "silence":
        assert (ours[LENGTHS.index(799), 0, place : place + 799] == short).all()
        assert ours[LENGTHS.index(799), 0].sum() == pytest.approx(short.sum(), abs=1e-3)
    else:
        assert np.isin(ours[0], sounds[0]).all()


@pytest.mark.parametrize("opset", [17, 20, 22])
@pytest.mark.parametrize(
    "steps",
    [
        (step("Spectrogram"),),
        (step("Spectrogram", measure="magnitude", window_ms=10, hop_ms=3.3),),
        (step("MelSpectrogram"), step("LogScale"), step("NormalizeRecording")),
        (step("MelSpectrogram", mels=40, low_hz=300, high_hz=3000), step("LogScale", scale="natural", range_db=40)),
        (step("MFCC"), step("NormalizeRecording")),
        (step("NormalizeRecording", mode="peak"), step("Waveform")),
        (step("NormalizeRecording"), step("MelSpectrogram"), step("LogScale")),
    ],
    ids=lambda steps: "-".join(item.type for item in steps) if isinstance(steps, tuple) else str(steps),
)
def test_spectrograms_are_the_same_in_the_file(steps: tuple[Step, ...], opset: int) -> None:
    quiet = 1e-4 * RNG.normal(size=4000).astype(np.float32)
    quiet[2000:2200] += tone(0.025, 500)
    sounds = [quiet, tone(0.7, 440), np.zeros(3000, np.float32), RNG.normal(size=9000).clip(-1, 1).astype(np.float32)]
    same_both_ways(field_of(step("Length", seconds=0.5), *steps), sounds, opset)


def test_a_file_without_length_takes_sound_of_the_length_learned_from() -> None:
    statistics = Statistics(rate=RATE, shape=(1000,))
    field = Field(name="sound", kind=FieldKind.AUDIO, preparation=(step("Spectrogram"),), statistics=statistics)
    ours = same_both_ways(field, [tone(0.125, 700)])
    assert prepared_spec(field).shape == (None, *ours.shape[1:])


def test_a_tone_at_full_strength_is_one_at_its_frequency() -> None:
    field = field_of(step("Spectrogram", window_ms=32, hop_ms=16))
    found = Preparation(field).apply([tone(0.5, 1000)]).numpy()[0, 0]
    assert found.shape[0] == fourier_size(256) // 2 + 1 == 129
    assert found[:, 5].argmax() == 1000 // (RATE // 256)
    assert found[:, 5].max() == pytest.approx(1.0, rel=1e-3)
    loud = Preparation(field_of(step("Spectrogram", window_ms=32), step("LogScale"))).apply([tone(0.5, 1000)]).numpy()
    assert loud.max() == pytest.approx(0, abs=0.01)
    assert loud.min() == pytest.approx(-80, abs=0.01)


def test_no_triangle_of_mel_is_empty_and_they_stand_in_order() -> None:
    for rate, size, mels in ((8000, 256, 128), (44100, 2048, 64), (16000, 512, 80)):
        filters = mel_filters(rate, size, mels, 20.0, 0.0)
        assert filters.shape == (size // 2 + 1, mels)
        assert (filters.sum(axis=0) > 0).all()
        assert (np.diff(filters.argmax(axis=0)) >= 0).all()
        assert filters.max() <= 1


def test_the_cosine_table_is_orthonormal() -> None:
    table = cosines(40, 20)
    np.testing.assert_allclose(table.T @ table, np.eye(20), atol=1e-12)


def test_loudness_does_not_matter_after_normalising() -> None:
    field = field_of(step("MelSpectrogram"), step("LogScale"), step("NormalizeRecording"))
    sound = tone(0.5, 700) + 0.1 * RNG.normal(size=4000).astype(np.float32)
    one, other = Preparation(field).apply([sound, sound * np.float32(0.05)]).numpy()
    np.testing.assert_allclose(one, other, atol=2e-3)
    assert abs(one.mean()) < 1e-4
    assert one.std() == pytest.approx(1, abs=1e-3)


def test_silence_stays_finite() -> None:
    for steps in (
        (step("NormalizeRecording", mode="peak"), step("Waveform")),
        (step("MelSpectrogram"), step("LogScale"), step("NormalizeRecording")),
        (step("MFCC"),),
    ):
        assert np.isfinite(Preparation(field_of(*steps)).apply([np.zeros(4000, np.float32)]).numpy()).all()


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((step("Waveform"), step("Length")), "recorded"),
        ((step("LogScale"),), "spectrogram"),
        ((step("Length", seconds=0.01), step("Spectrogram")), "shorter"),
        ((step("MelSpectrogram", low_hz=5000),), "frequencies"),
        ((step("MFCC", coefficients=50),), "coefficients"),
        ((step("MelSpectrogram"), step("MFCC")), "recorded"),
    ],
)
def test_steps_that_cannot_work_are_told_before_anything_runs(steps: tuple[Step, ...], words: str) -> None:
    with pytest.raises(ShapeMismatch, match=words):
        prepared_spec(field_of(*steps))


def test_recordings_of_different_lengths_want_a_length() -> None:
    with pytest.raises(DataError, match="different lengths"):
        Preparation(field_of(step("Waveform"))).apply([tone(0.1, 300), tone(0.2, 300)])
    with pytest.raises(DataError, match="shorter than the window"):
        Preparation(field_of(step("MelSpectrogram"))).apply([tone(0.01, 300)])
    with pytest.raises(DataError, match="order"):
        Preparation(field_of(step("Waveform"), step("Length")))


def test_every_step_of_sound_is_for_sound_alone() -> None:
    assert {kind for entry in SOUND_STEPS for kind in entry.kinds} == {FieldKind.AUDIO}
