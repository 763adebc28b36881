"""Checkpoints: whole or not there, damage always noticed, the one before used instead."""

import random
import shutil
from pathlib import Path

import pytest
import torch

from engine.errors import RunNotFound
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.checkpoint import load_weights, read, remove_leftovers, snapshot, write
from engine.training.run_state import RunState, has_checkpoint, newest_first, peek


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder(tmp_path / "runs" / "0001")
    found.path.mkdir(parents=True)
    return found


def weights(step: int) -> dict[str, torch.Tensor]:
    return {"a.weight": torch.full((3, 4), float(step)), "a.count": torch.tensor(step)}


def save(folder: RunFolder, step: int, kind: checkpoint.Kind = "last") -> Path:
    extra = {"rng/cpu": torch.arange(9, dtype=torch.uint8)} if kind == "last" else None
    return write(folder.checkpoints, kind, RunState(step=step, best={"loss": 1.0}), weights(step), extra)


def test_comes_back_as_it_was(folder: RunFolder) -> None:
    save(folder, 12)
    found = read(folder)
    assert found.step == 12
    assert torch.equal(found.weights["a.weight"], weights(12)["a.weight"])
    assert found.weights["a.count"].dtype == torch.int64
    assert found.tensors["rng/cpu"].tolist() == list(range(9))
    assert found.skipped == ()
    assert peek(folder) == found.state


def test_keeps_the_last_two_and_the_best(folder: RunFolder) -> None:
    for step in (5, 40, 300, 2_000_000):
        save(folder, step)
        save(folder, step, "best")
    assert [path.name for path in newest_first(folder.checkpoints, "last")] == ["last-2000000", "last-000300"]
    assert [path.name for path in newest_first(folder.checkpoints, "best")] == ["best-2000000"]


def test_saving_a_step_again_replaces_it(folder: RunFolder) -> None:
    save(folder, 7)
    write(folder.checkpoints, "last", RunState(step=7, epoch=3), weights(8), {})
    assert read(folder).state.epoch == 3
    assert len(list(folder.checkpoints.iterdir())) == 1


def test_the_best_falls_back_to_the_last(folder: RunFolder) -> None:
    save(folder, 3)
    assert float(load_weights(folder, "best")["a.weight"][0, 0]) == 3
    save(folder, 2, "best")
    assert float(load_weights(folder, "best")["a.weight"][0, 0]) == 2


def test_none_is_said(folder: RunFolder) -> None:
    assert not has_checkpoint(folder)
    with pytest.raises(RunNotFound, match="no checkpoint yet"):
        read(folder)


def test_every_flipped_bit_is_noticed(folder: RunFolder) -> None:
    """A thousand bits all over the files, one at a time: never silent, and the older checkpoint serves."""
    save(folder, 1)
    good = save(folder, 2)
    chance = random.Random(0)
    for path in sorted(good.iterdir()):
        whole = path.read_bytes()
        for _ in range(60):
            at, bit = chance.randrange(len(whole)), chance.randrange(8)
            damaged = bytearray(whole)
            damaged[at] ^= 1 << bit
            path.write_bytes(damaged)
            found = read(folder)
            if found.step == 2:  # a change that means the same, such as a space of the manifest that became a tab
                assert path.name == "manifest.json"
                assert torch.equal(found.weights["a.weight"], weights(2)["a.weight"])
            else:
                assert found.step == 1
                assert "last-000002" in found.skipped[0]
        path.write_bytes(whole)
    assert read(folder).step == 2


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("harm", ["cut", "empty", "gone", "swapped"])
def test_cut_missing_and_swapped_files_are_noticed(folder: RunFolder, name: str, harm: str) -> None:
    old = save(folder, 1)
    path = save(folder, 2) / name
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-3])
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "gone":
        path.unlink()
    else:
        shutil.copy(old / name, path)
    found = read(folder)
    if harm == "swapped" and name == "optimizer.safetensors":
        assert found.step == 2  # it is the same in both
    else:
        assert found.step == 1
        assert len(found.skipped) == 1


def test_all_damaged_is_said_with_what_is_wrong(folder: RunFolder) -> None:
    for step in (1, 2):
        (save(folder, step) / "weights.safetensors").write_bytes(b"no")
    with pytest.raises(RunNotFound, match="damaged") as caught:
        read(folder)
    assert "last-000002" in caught.value.found
    assert "instead of" in caught.value.found


def test_a_manifest_cannot_name_files_elsewhere(folder: RunFolder) -> None:
    path = save(folder, 2) / "manifest.json"
    path.write_text(path.read_text().replace("weights.safetensors", "../../../secret"))
    with pytest.raises(RunNotFound):
        read(folder)


def test_half_written_folders_are_ignored_and_removed(folder: RunFolder) -> None:
    save(folder, 1)
    half = folder.checkpoints / ".save-1-abc.tmp"
    half.mkdir()
    (half / "weights.safetensors").write_bytes(b"half")
    assert read(folder).step == 1
    remove_leftovers(folder)
    assert not half.exists()
    assert read(folder).step == 1


@pytest.mark.parametrize("call", range(12))
def test_a_failing_disk_leaves_the_old_one_whole(folder: RunFolder, monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """The k-th flush, rename or write fails: the checkpoint before is still there and nothing half is left."""
    save(folder, 1)
    left = [call]

    def failing(real):  # type: ignore[no-untyped-def]
        def wrapped(*arguments, **named):  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] == -1:
                raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        return wrapped

    monkeypatch.setattr(checkpoint, "_sync", failing(checkpoint._sync))
    monkeypatch.setattr(checkpoint, "save_file", failing(checkpoint.save_file))
    monkeypatch.setattr(Path, "rename", failing(Path.rename))
    monkeypatch.setattr(Path, "write_bytes", failing(Path.write_bytes))
    try:
        save(folder, 2)
    except OSError:
        assert read(folder).step in (1, 2)
        assert not [path for path in folder.checkpoints.iterdir() if path.name.startswith(".save-")]
    else:
        assert left[0] >= 0
        assert read(folder).step == 2


def test_a_snapshot_does_not_follow_later_steps() -> None:
    tensor = torch.ones(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    kept = snapshot({"w": tensor, "none": torch.tensor(3)})
    tensor.zero_()
    assert torch.equal(kept["w"], torch.ones(2, 3, 4, 4))
    assert kept["w"].is_contiguous()
