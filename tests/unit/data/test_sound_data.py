"""Sound from files to batches: layout, cache, length, augmentation before and after the spectrogram, training."""

import shutil
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from engine.catalog.augmentation import AUGMENTATIONS
from engine.checks.report import check
from engine.data.augmentation import acts_on_raw, augment, augment_raw
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.layouts import layout_of
from engine.data.proposals import propose
from engine.data.readers.files import open_tree
from engine.data.rows import SoundRows
from engine.data.sound_cache import cached_sounds
from engine.data.sounds import SoundFiles
from engine.document.data_spec import Field, FieldKind, SourceKind, Statistics, Step
from engine.errors import Cancelled, DataError
from engine.training.task import prepare_task
from tests.unit.data.test_sounds import file_bytes, tone, wav_bytes

RATE = 4000
OF_SOUND = [kind for kind in AUGMENTATIONS if FieldKind.AUDIO in kind.kinds]
OF_SERIES = [kind for kind in AUGMENTATIONS if FieldKind.SERIES in kind.kinds]


def sound_folder(root: Path, per_class: int = 8, split: bool = False) -> Path:
    """Low and high tones of 0.2 to 0.3 seconds, each a little different."""
    for name, hz in (("low", 300), ("high", 1100)):
        for index in range(per_class):
            part = ("test" if index % 4 == 0 else "train") if split else ""
            folder = root / part / name
            folder.mkdir(parents=True, exist_ok=True)
            sound = tone(0.2 + 0.01 * index, RATE, hz + 7 * index)
            (folder / f"{index}.wav").write_bytes(wav_bytes(sound, rate=RATE))
    return root


def test_a_folder_of_sound_is_imported_with_nothing_said(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "tones")
    (folder / "README.md").write_text("tones")
    (folder / "low" / "broken.wav").write_bytes(b"RIFF")
    (folder / "low" / "empty.wav").write_bytes(b"")
    (folder / "low" / "picture.png").write_bytes(b"\x89PNG")
    found = inspect(folder)
    assert found.data.sources[0].kind is SourceKind.SOUND_FOLDER
    assert found.samples == 16
    assert found.description.startswith("16 recordings in 2 classes")
    assert sorted(item.where for item in found.left_out) == ["low/broken.wav", "low/empty.wav", "low/picture.png"]
    sound = found.data.field("sound")
    assert sound is not None and sound.kind is FieldKind.AUDIO
    assert sound.statistics.rate == RATE == sound.options["rate"]
    assert sound.statistics.shape == (None,)
    assert 800 <= sound.statistics.longest <= 1080
    assert found.data.targets()[0].statistics.classes == ("high", "low")


def test_split_folders_are_kept(tmp_path: Path) -> None:
    found = inspect(sound_folder(tmp_path / "tones", split=True))
    dataset = open_dataset(tmp_path, found.data)
    assert [dataset.name(int(number)) for number in dataset.split_numbers("test")] == [
        "test/high/0.wav",
        "test/high/4.wav",
        "test/low/0.wav",
        "test/low/4.wav",
    ]


def test_one_folder_of_sound_has_no_classes(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "tones")
    tree = open_tree(folder / "low")
    assert layout_of(SourceKind.SOUND_FOLDER).match(tree) == 0


def test_the_second_opening_reads_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = inspect(sound_folder(tmp_path / "tones"), project_dir=tmp_path)
    first = open_dataset(tmp_path, found.data)

    def never(*given: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(SoundFiles, "read_with_digest", never)
    again = open_dataset(tmp_path, found.data)
    rows = again.rows("sound")
    assert isinstance(rows, SoundRows)
    assert rows.cached.samples.dtype == np.int16
    for index in (0, 9, 15):
        sound, before = again.raw(index, "sound"), first.raw(index, "sound")
        assert sound.rate == RATE
        assert (sound.samples == before.samples).all()
        number = int(Path(again.name(index)).stem)
        hz = 300 if again.name(index).startswith("low") else 1100
        expected = tone(0.2 + 0.01 * number, RATE, hz + 7 * number)
        assert len(sound.samples) == len(expected)
        assert np.abs(sound.samples - expected).max() < 1e-4
    for name in ("samples.bin", "starts.npy", "cache.json"):
        for place in (tmp_path / ".netwright" / "cache").glob(f"*/{name}"):
            place.write_bytes(b"damaged")
    monkeypatch.undo()
    assert open_dataset(tmp_path, found.data).samples == 16


def test_mixed_rates_and_formats_come_to_one_rate_in_float(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "tones")
    (folder / "low" / "x.flac").write_bytes(file_bytes(tone(0.2, 16000, 300), "FLAC", rate=16000))
    (folder / "low" / "y.wav").write_bytes(file_bytes(tone(0.2, RATE, 300), "WAV", "FLOAT", rate=RATE))
    found = inspect(folder)
    dataset = open_dataset(tmp_path, found.data)
    rows = dataset.rows("sound")
    assert isinstance(rows, SoundRows)
    assert rows.cached.samples.dtype == np.float32
    assert sorted(set(rows.rates.tolist())) == [RATE, 16000]
    names = [dataset.name(index) for index in range(dataset.samples)]
    for name in ("low/x.flac", "low/y.wav"):
        sound = dataset.raw(names.index(name), "sound")
        assert sound.rate == RATE
        assert np.abs(sound.samples[100:-100] - tone(0.2, RATE, 300)[100:-100]).max() < 2e-3


def test_building_the_cache_can_be_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    tree = open_tree(sound_folder(tmp_path / "tones"))
    told: list[str] = []
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        cached_sounds(
            SoundFiles(tree, tree.entries),
            RATE,
            "key",
            tmp_path,
            progress=lambda part, text: told.append(text),
            cancelled=stop.is_set,
        )
    assert list((tmp_path / ".netwright" / "cache").iterdir()) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 99, 1))  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="not enough room"):
        inspect(sound_folder(tmp_path / "tones"))


def test_equal_recordings_stay_in_one_split(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "tones")
    for copy in range(6):
        (folder / "low" / f"copy{copy}.wav").write_bytes((folder / "low" / "0.wav").read_bytes())
    dataset = open_dataset(tmp_path, inspect(folder).data)
    splits = {int(dataset.splits[i]) for i in range(dataset.samples) if "copy" in dataset.name(i)}
    assert len(splits) == 1


def test_only_what_length_keeps_is_read_and_it_is_the_same(tmp_path: Path) -> None:
    data = inspect(sound_folder(tmp_path / "tones")).data
    sound = data.field("sound")
    assert sound is not None
    for keep in ("start", "middle", "end"):
        steps = (Step(type="Length", attributes={"seconds": 0.1, "keep": keep}), Step(type="Waveform"))
        field = msgspec.structs.replace(sound, preparation=steps, augmentation=())
        dataset = open_dataset(tmp_path, msgspec.structs.replace(data, fields=(field, data.fields[1])))
        batch = dataset.columns(("sound",), "all").gather(torch.arange(4))
        size = round(0.1 * RATE)
        for index in range(4):
            whole = dataset.raw(index, "sound").samples
            over = len(whole) - size
            start = {"start": 0, "middle": over // 2, "end": over}[keep]
            assert (batch[index, 0].numpy() == whole[start : start + size]).all()


# Augmentation ---------------------------------------------------------------------------------------------------------


def sound_field(*steps: Step, waveform: bool = False) -> Field:
    preparation = (Step(type="Waveform"),) if waveform else (Step(type="MelSpectrogram"), Step(type="LogScale"))
    return Field(
        name="sound",
        kind=FieldKind.AUDIO,
        preparation=(Step(type="Length", attributes={"seconds": 0.25}), *preparation),
        augmentation=steps,
        statistics=Statistics(rate=RATE, shape=(None,)),
    )


def sounds(count: int = 12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(count, RATE // 4, generator=generator) * 0.05
    return noise + torch.sin(torch.arange(RATE // 4) * 0.5) * torch.linspace(0.1, 0.8, count)[:, None]


def series(count: int = 12, time: int = 20, channels: int = 3) -> torch.Tensor:
    return torch.randn(count, time, channels, generator=torch.Generator().manual_seed(4))


def series_field(*steps: Step) -> Field:
    return Field(name="past", kind=FieldKind.SERIES, augmentation=steps, statistics=Statistics(shape=(20, 3)))


def varied(kind: type, x: torch.Tensor, *, seed: int = 3, epoch: int = 2, indices: torch.Tensor) -> torch.Tensor:
    attributes = {"probability": 0.6} if hasattr(kind, "probability") else {}
    step = Step(type=kind.__name__, attributes=attributes)
    if FieldKind.SERIES in kind.kinds:
        return augment(series_field(step), x.clone(), seed=seed, epoch=epoch, indices=indices)
    field = sound_field(step)
    x = augment_raw(field, x.clone(), seed=seed, epoch=epoch, indices=indices)
    return augment(field, x, seed=seed, epoch=epoch, indices=indices)


def test_there_are_enough_kinds() -> None:
    assert len(OF_SOUND) >= 8
    assert len(OF_SERIES) >= 5


@pytest.mark.parametrize("kind", [kind for kind in (*OF_SOUND, *OF_SERIES) if kind.__name__ != "Polarity"])
def test_a_change_depends_on_seed_epoch_and_sample_alone(kind: type) -> None:
    x = series() if FieldKind.SERIES in kind.kinds else sounds()
    numbers = torch.arange(50, 62)
    whole = varied(kind, x, indices=numbers)
    order = torch.tensor([7, 0, 3])
    torch.testing.assert_close(varied(kind, x[order], indices=numbers[order]), whole[order], rtol=1e-4, atol=1e-3)
    assert torch.isfinite(whole).all()
    assert not torch.equal(varied(kind, x, epoch=3, indices=numbers), whole)
    assert not torch.equal(varied(kind, x, seed=4, indices=numbers), whole)


def raw(kind: str, x: torch.Tensor, **attributes: float | str) -> torch.Tensor:
    field = sound_field(Step(type=kind, attributes=attributes), waveform=True)
    return augment_raw(field, x.clone(), seed=1, epoch=1, indices=torch.arange(len(x)))[:, 0]


def test_each_change_of_sound_does_what_it_says() -> None:
    x = sounds(64)
    loudness = lambda y: y.square().mean(1).sqrt()  # noqa: E731
    signs = raw("Polarity", x)
    same = (signs == x).all(1)
    assert ((signs == -x).all(1) ^ same).all() and 16 < int(same.sum()) < 48
    factor = raw("Gain", x, decibels=6.0) / x
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), rtol=1e-4, atol=1e-4)
    assert 0.5 < float(factor.min()) < 0.8 and 1.3 < float(factor.max()) < 2
    moved = raw("SoundShift", x, fraction=0.2)
    for index in range(8):
        starts = [k for k in range(-200, 201) if torch.equal(moved[index].roll(-k)[200:-200], x[index][200:-200])]
        assert starts
    for name in ("WhiteNoise", "ColouredNoise"):
        noise = raw(name, x, probability=1.0, least_db=20.0) - x
        ratio = 20 * torch.log10(loudness(x) / loudness(noise))
        assert (ratio > 19).all() and (ratio < 52).all()
    brown = raw("ColouredNoise", x, probability=1.0, colour="brown") - x
    white = raw("WhiteNoise", x, probability=1.0) - x
    low = lambda y: torch.fft.rfft(y).abs().square()[:, :50].sum() / torch.fft.rfft(y).abs().square().sum()  # noqa: E731
    assert low(brown) > 0.9 > 0.2 > low(white)
    noise_in = torch.randn(64, 1000, generator=torch.Generator().manual_seed(9))
    muffled = raw("LowPass", noise_in, probability=1.0, lowest=0.1)
    assert float(torch.fft.rfft(muffled).abs()[:, -20:].mean() / torch.fft.rfft(noise_in).abs()[:, -20:].mean()) < 0.4
    holes = torch.fft.rfft(raw("BandStop", noise_in, probability=1.0)).abs() < 1e-2
    assert (holes.sum(1) <= 0.17 * 501).all() and holes.sum() > 64
    for name in ("Reverb", "Overdrive"):
        torch.testing.assert_close(loudness(raw(name, x, probability=1.0)), loudness(x), rtol=1e-3, atol=1e-4)
    faster = torch.fft.rfft(raw("SpeedPitch", x, strength=0.2)).abs()[:, 1:].argmax(1)
    usual = int(torch.fft.rfft(x).abs()[:, 1:].argmax(1).mode().values)
    assert faster.min() < 0.9 * usual and faster.max() > 1.1 * usual


def test_masks_blank_time_and_pitch_of_what_is_prepared() -> None:
    x = torch.randn(8, 1, 20, 30)
    for kind, axis in (("TimeMask", 3), ("FrequencyMask", 2)):
        field = sound_field(Step(type=kind, attributes={"width": 0.5}))
        assert not acts_on_raw(field)
        changed = augment(field, x.clone(), seed=1, epoch=1, indices=torch.arange(8)) != x
        across = changed.any(dim=5 - axis)[:, 0]
        assert torch.equal(changed.all(dim=5 - axis)[:, 0], across)
        assert 0 < int(across.sum()) <= 8 * x.shape[axis] // 2
    waveform = sound_field(Step(type="FrequencyMask"), waveform=True)
    with pytest.raises(DataError, match="spectrogram"):
        augment(waveform, torch.randn(2, 1, 100), seed=1, epoch=1, indices=torch.arange(2))


def test_each_change_of_series_does_what_it_says() -> None:
    x = series(40)

    def of(kind: str, **attributes: float) -> torch.Tensor:
        step = Step(type=kind, attributes=attributes)
        return augment(series_field(step), x.clone(), seed=2, epoch=1, indices=torch.arange(40))

    assert 0.08 < float((of("Jitter", strength=0.1) - x).std()) < 0.12
    scaled = of("SeriesScale", strength=0.3)
    torch.testing.assert_close(scaled.mean(1), x.mean(1), rtol=1e-4, atol=1e-4)
    factor = of("MagnitudeWarp", strength=0.2) / x
    torch.testing.assert_close(factor[..., 0], factor[..., 2], rtol=1e-3, atol=1e-3)
    assert float(factor.min()) > 0.79 and float(factor.max()) < 1.21
    for kind in ("TimeWarp", "WindowSlice"):
        warped = of(kind)
        assert (warped.amax(1) <= x.amax(1) + 1e-5).all() and (warped.amin(1) >= x.amin(1) - 1e-5).all()
    torch.testing.assert_close(of("TimeWarp")[:, [0, -1]], x[:, [0, -1]], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(of("WindowSlice", smallest=1.0), x, rtol=1e-4, atol=1e-4)
    hidden = (of("ChannelDropout", probability=0.9) != x).any(1)
    assert (hidden.sum(1) < 3).all() and hidden.any()
    blank = (of("BlankSpan", probability=1.0) != x).any(2).sum(1)
    assert (blank <= 3).all() and (blank > 0).any()


def test_training_varies_sound_before_the_spectrogram_and_scores_it_plain(tmp_path: Path) -> None:
    found = inspect(sound_folder(tmp_path / "tones", per_class=12))
    project = propose("tones", found.data)
    assert [problem for problem in check(project).problems if problem.severity == "error"] == []
    sound = found.data.field("sound")
    assert sound is not None and acts_on_raw(sound)
    dataset = open_dataset(tmp_path, found.data)
    task = prepare_task(project, dataset)
    order = torch.arange(task.train.samples)
    bounds = [0, task.train.samples]
    epochs = [next(iter(task.train.batches(bounds, order, 0, epoch)))[0] for epoch in (0, 1, 0)]
    plain = dataset.columns(("sound",), "train").gather(order)
    assert epochs[0].shape == plain.shape
    assert not torch.equal(epochs[0], epochs[1])
    torch.testing.assert_close(epochs[0], epochs[2])
    val = next(iter(task.val.batches([0, task.val.samples])))[0]
    torch.testing.assert_close(val, dataset.columns(("sound",), "val").gather(torch.arange(task.val.samples)))
    task.close()


def test_a_waveform_gets_convolutions_over_time(tmp_path: Path) -> None:
    data = inspect(sound_folder(tmp_path / "tones")).data
    fields = [
        msgspec.structs.replace(field, preparation=(field.preparation[0], Step(type="Waveform")), augmentation=())
        if field.kind is FieldKind.AUDIO
        else field
        for field in data.fields
    ]
    project = propose("tones", msgspec.structs.replace(data, fields=tuple(fields)))
    assert any(node.type == "Conv1d" for node in project.graph.nodes.values())
    assert [problem for problem in check(project).problems if problem.severity == "error"] == []


@pytest.mark.parametrize("kind", [*OF_SOUND, *OF_SERIES])
def test_nothing_is_left_behind_on_the_cpu(kind: type) -> None:
    """A tensor that was forgotten on the CPU is an error on another device; `meta` has no numbers, only that."""
    x = (series() if FieldKind.SERIES in kind.kinds else sounds()).to("meta")
    numbers = torch.arange(12, device="meta")
    assert varied(kind, x, indices=numbers).device.type == "meta"


def test_preparation_follows_the_device() -> None:
    for steps in (("MelSpectrogram", "LogScale", "NormalizeRecording"), ("MFCC",), ("Spectrogram",), ("Waveform",)):
        field = msgspec.structs.replace(
            sound_field(), preparation=(Step(type="Length"), *(Step(type=name) for name in steps))
        )
        x = torch.empty(3, RATE, device="meta")
        assert augment_raw(field, x, seed=1, epoch=1, indices=torch.arange(3)).device.type == "meta"
