"""How much memory prepared data may take."""

import gc
import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import memory
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.errors import UsageError
from tests.unit.data.samples_on_disk import picture_folder


@given(st.integers(1, 10**9), st.sampled_from(["", "B", "KB", "kib", "mb", "MiB", "GB", "gib", "k", "M", "g"]))
def test_amounts_of_memory_are_read(number: int, unit: str) -> None:
    size = {"": 1, "B": 1}.get(unit.upper(), 0)
    if not size:
        size = (1024 if "i" in unit else 1000) ** ("KMG".index(unit[0].upper()) + 1)
    assert memory.parsed_bytes(f" {number} {unit} ") == number * size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "0", "1TBB", "GB", "1e3"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not an amount"):
        memory.parsed_bytes(text)


def test_what_does_not_fit_the_limit_streams_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    data = inspect(picture_folder(tmp_path / "pets"), project_dir=project).data
    resident = open_dataset(project, data).columns(("pixels",), "train")
    whole = resident.whole()
    assert whole is not None
    monkeypatch.setenv(memory.VARIABLE, "1MB")
    streamed = open_dataset(project, data).columns(("pixels",), "train")
    assert streamed.whole() is None
    rows = np.random.default_rng(1).permutation(len(streamed))
    assert np.array_equal(streamed.gather(memory_rows := _tensor(rows)).numpy(), whole[memory_rows].numpy())


def _tensor(rows: np.ndarray) -> "object":
    import torch

    return torch.from_numpy(rows)


def test_memory_is_counted_as_long_as_it_is_held() -> None:
    class Holder:
        pass

    before = memory.budget.held
    holder = Holder()
    assert memory.budget.take(holder, 1000)
    assert memory.budget.held == before + 1000
    assert not memory.budget.take(holder, 1 << 60)
    del holder
    gc.collect()
    assert memory.budget.held == before


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="the system cannot be told so")
def test_pages_of_a_map_are_given_back_and_come_again(tmp_path: Path) -> None:
    def mapped_kb() -> int:
        text = Path("/proc/self/smaps_rollup")
        if not text.exists():
            pytest.skip("the system does not tell what is mapped")
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("RssFile")).split()[1])

    path = tmp_path / "big.npy"
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(32, 1 << 20))
    for number in range(32):
        array[number] = number
    array.flush()
    del array
    mapped = np.load(path, mmap_mode="r")
    assert int(mapped.sum(axis=1, dtype=np.int64)[31]) == 31 << 20
    full = mapped_kb()
    memory.forget(mapped[3:9])
    assert mapped_kb() < full - 20_000
    assert int(mapped[31, 5]) == 31
    counter = memory.Mapped()
    counter.read(mapped, 1)
    memory.forget(np.zeros(3))
