"""Where a run computes, in which numbers, and on how many threads: always the same for the same project and machine."""

import pytest
import torch
from torch import nn

from engine.document.recipe import Precision
from engine.errors import TrainingError
from engine.training import device
from engine.training.device import choose_device, choose_precision, mixed, set_threads, wants_channels_last

CPU = torch.device("cpu")


@pytest.mark.parametrize("wanted", ["", "auto", "cpu", " cpu "])
def test_there_is_always_a_processor(wanted: str) -> None:
    assert choose_device(wanted).type in ("cpu", "cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("wanted", ["cuda:77", "quantum", "meta", "xla", "cuda:x"])
def test_what_is_not_there_is_refused_by_name(wanted: str) -> None:
    with pytest.raises(TrainingError, match=f"no device '{wanted}'") as caught:
        choose_device(wanted)
    assert "cpu" in caught.value.expected


def test_of_several_devices_a_single_run_takes_the_first() -> None:
    """A queue spreads its runs over them and names one to each."""
    with pytest.raises(TrainingError, match="no device 'cuda:0'"):
        choose_device("cuda:0,1")
    assert choose_device("cpu,cuda:0") == CPU


def test_auto_is_float32_on_processors_and_bfloat16_is_only_by_wish() -> None:
    assert choose_precision(Precision.AUTO, CPU) == (Precision.FLOAT32, "")
    assert choose_precision(Precision.BFLOAT16, CPU)[0] is Precision.BFLOAT16
    with pytest.raises(TrainingError, match="bfloat16"):
        choose_precision(Precision.BFLOAT16, torch.device("mps"))
    with mixed(Precision.BFLOAT16, CPU):
        assert torch.mm(torch.ones(2, 2), torch.ones(2, 2)).dtype is torch.bfloat16
    with mixed(Precision.FLOAT32, CPU):
        assert torch.mm(torch.ones(2, 2), torch.ones(2, 2)).dtype is torch.float32


def test_only_pictures_are_laid_out_channels_last() -> None:
    assert wants_channels_last(nn.Sequential(nn.Conv2d(1, 1, 1)), CPU, Precision.FLOAT32) == torch._C._has_mkldnn
    assert not wants_channels_last(nn.Sequential(nn.Conv1d(1, 1, 1), nn.Linear(1, 1)), CPU, Precision.FLOAT32)


def test_small_work_gets_one_thread_and_a_resumed_run_as_many_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(device.torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(device.torch, "set_num_threads", set_to.append)
    assert set_threads(10_000, 32) == 1
    assert set_threads(200_000, 128) == 4
    assert set_threads(15_000_000, 64) == 8
    assert set_threads(15_000_000, 64, before=3) == 3
    assert set_to == [1, 4, 8, 3]
