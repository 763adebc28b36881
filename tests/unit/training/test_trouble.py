"""What a run does when memory or disk run out, or numbers are no numbers: it goes on, waits, or says what happened."""

import errno
import os
import threading
from pathlib import Path

import pytest
import torch
from small_tasks import Rig, class_data, classifier, one_phase, optimizer, picture_project, same

from engine.document.data_spec import Step
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import TrainingError
from engine.protocol.run_events import (
    ActivationsSeen,
    AnswersSeen,
    BatchChanged,
    ConfusionSeen,
    EpochFinished,
    LayersSeen,
    MachineSeen,
    RunContinued,
    RunFinished,
    RunNote,
    RunWaiting,
    SamplesPinned,
    StepsReported,
    ViewSeen,
    WeightsSeen,
)
from engine.protocol.run_folder import RunSummary
from engine.training import checkpoint, loop
from engine.training.feed import epoch_order
from engine.training.guard import NotFiniteError
from engine.training.run_log import RunLog, whole_log
from engine.training.task import Task

FOR_CHARTS = (
    StepsReported,
    WeightsSeen,
    ActivationsSeen,
    LayersSeen,
    AnswersSeen,
    SamplesPinned,
    ConfusionSeen,
    MachineSeen,
    ViewSeen,
)
HIDDEN = (("hidden", "Linear", {"out_features": 16}), ("relu1", "ReLU", {}))
SGD = Step(type="SGD", attributes={"lr": 0.05})


def plain(epochs: int = 2, batch_size: int = 20, accumulate: int = 1, **more: object) -> Recipe:
    phase = Phase(epochs=epochs, batch_size=batch_size, accumulate=accumulate, players=(Player(optimizer=SGD),))
    return one_phase(phase, **more)


def short_of_memory(monkeypatch: pytest.MonkeyPatch, rows: int, error: type[Exception], *, always: bool = True) -> None:
    """The training forward fails for more samples than `rows`, from its third call on."""
    begun = Task.__init__
    calls = [0]

    def limited(self: Task, *args: object, **words: object) -> None:
        begun(self, *args, **words)  # type: ignore[arg-type]
        forward = self.network.training_forward

        def narrow(*inputs: torch.Tensor) -> object:
            calls[0] += 1
            if (self.network.training or always) and calls[0] > 2 and len(inputs[0]) > rows:
                raise error("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(*inputs)

        self.network.training_forward = narrow  # type: ignore[method-assign, assignment]

    monkeypatch.setattr(Task, "__init__", limited)


def test_out_of_memory_halves_the_batch_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Rig(tmp_path / "a", classifier(*HIDDEN, recipe=plain()), class_data())
    whole.run()
    short_of_memory(monkeypatch, 6, torch.OutOfMemoryError)
    rig = Rig(tmp_path / "b", classifier(*HIDDEN, recipe=plain()), class_data())
    last = rig.run()
    assert isinstance(last, RunFinished)
    changes = rig.events(BatchChanged)
    assert [(event.step, event.batch_size, event.accumulate) for event in changes] == [(2, 10, 2), (2, 5, 4)]  # type: ignore[union-attr]
    notes = [note.text for note in rig.events(RunNote) if "not enough memory" in note.text]  # type: ignore[union-attr]
    assert len(notes) >= 2
    assert any("scoring" in text for text in notes)
    for name, tensor in whole.weights().items():
        assert torch.allclose(tensor, rig.weights()[name], atol=1e-6), "the same is learned"
    assert [event.step for event in rig.events(EpochFinished)] == [5, 10]  # type: ignore[union-attr]


def test_the_smaller_batch_is_kept_when_the_run_goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_of_memory(monkeypatch, 6, torch.OutOfMemoryError)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=plain(epochs=1)), class_data())
    rig.run()
    assert checkpoint.read(rig.folder).state.rows_at_once == 5


def test_memory_of_the_machine_counts_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_of_memory(monkeypatch, 10, MemoryError)
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=plain()), class_data())
    assert isinstance(rig.run(), RunFinished)
    assert len(rig.events(BatchChanged)) == 1


def test_batch_normalization_is_not_given_single_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    middle = (*HIDDEN, ("norm", "BatchNorm1d", {}))
    short_of_memory(monkeypatch, 3, torch.OutOfMemoryError)
    rig = Rig(tmp_path / "a", classifier(*middle, recipe=plain(batch_size=9)), class_data())
    assert isinstance(rig.run(), RunFinished)
    assert rig.events(BatchChanged)[-1].batch_size == 2  # type: ignore[union-attr]


def test_one_sample_that_does_not_fit_ends_the_run_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training.guard import out_of_memory

    short_of_memory(monkeypatch, 0, torch.OutOfMemoryError)
    with pytest.raises(torch.OutOfMemoryError) as caught:
        Rig(tmp_path, classifier(*HIDDEN, recipe=plain()), class_data()).run()
    told = out_of_memory(caught.value, 20)
    assert told is not None and "graphics card" in told.message


def test_other_errors_are_no_matter_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OtherError(RuntimeError):
        def __str__(self) -> str:
            return "mat1 and mat2 shapes cannot be multiplied"

    short_of_memory(monkeypatch, 0, OtherError)
    with pytest.raises(OtherError):
        Rig(tmp_path, classifier(*HIDDEN, recipe=plain()), class_data()).run()


# -- the disk ---------------------------------------------------------------------------------------------------------


def test_a_full_disk_makes_the_run_wait_and_room_lets_it_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing at all can be written in the run's folder for a while, neither checkpoints nor the log."""
    from engine.training import saver

    monkeypatch.setattr(saver, "RETRY_S", 0.05)
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    whole = Rig(tmp_path / "a", classifier(*HIDDEN, recipe=plain(epochs=30)), class_data())
    whole.run()
    full = threading.Event()
    checkpoints, lines = checkpoint.write, os.write

    def no_checkpoint(*arguments: object) -> Path:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return checkpoints(*arguments)  # type: ignore[arg-type]

    def no_line(descriptor: int, data: bytes) -> int:
        if full.is_set() and threading.current_thread() is runner:
            raise OSError(errno.ENOSPC, "No space left on device")
        return lines(descriptor, data)

    monkeypatch.setattr(checkpoint, "write", no_checkpoint)
    monkeypatch.setattr("engine.training.run_log.os.write", no_line)
    rig = Rig(tmp_path / "b", classifier(*HIDDEN, recipe=plain(epochs=30)), class_data())
    result: list[object] = []
    runner = threading.Thread(target=lambda: result.append(rig.run()))
    runner.start()
    pause = threading.Event()
    while not rig.folder.events_file.exists() or not rig.events(StepsReported):
        pause.wait(0.005)
    full.set()
    steps = -1
    while True:  # until no more steps are taken
        pause.wait(0.3)
        assert rig.loop is not None
        if rig.loop.state.step == steps:
            break
        steps = rig.loop.state.step
    assert steps < 30 * 5, "the run went on to its end with a full disk"
    full.clear()
    runner.join(60)
    assert isinstance(result[0], RunFinished)
    (waiting,) = rig.events(RunWaiting)[:1]
    assert isinstance(waiting, RunWaiting)
    assert "No space left" in waiting.reason
    assert rig.events(RunContinued)
    told = [event.first_step + n for event in rig.events(StepsReported) for n in range(len(event.loss))]  # type: ignore[union-attr]
    assert told == list(range(1, 151)), "no line of the log is lost"
    assert same(whole.weights(), rig.weights())


def test_a_waiting_run_shows_as_waiting() -> None:
    summary = RunSummary(run=1)
    summary.feed(RunWaiting(step=3, reason="No space left on device"))
    assert summary.state == "waiting"
    summary.feed(RunContinued(step=3))
    assert summary.state == "running"


# -- numbers that are no numbers --------------------------------------------------------------------------------------


def test_where_numbers_broke_is_told_with_node_batch_and_samples(tmp_path: Path) -> None:
    data = class_data()
    order = epoch_order(100, 7, 1)
    bad = int(order[47])  # in the third batch of the second epoch
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=plain(epochs=3)), data)

    from engine.training.feed import Feed

    batches = Feed.batches

    def poisoned(self: Feed, bounds: object, order: object = None, start: int = 0, epoch: int = 0) -> object:
        for batch in batches(self, bounds, order, start, epoch):  # type: ignore[arg-type]
            if epoch == 1 and order is not None:
                rows = data.values[("features", "train")][bad]
                hit = (batch[0] == rows).all(1)
                if bool(hit.any()):
                    batch = (batch[0] + hit[:, None] * 3e38 * 10, *batch[1:])
            yield batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Feed, "batches", poisoned)
        with pytest.raises(NotFiniteError) as caught:
            rig.run()
    error = caught.value
    assert (error.step, error.epoch, error.batch) == (5 + 3, 2, 3)
    assert list(error.samples) == order[40:60].tolist()
    assert bad in error.samples
    assert error.where == "features"
    assert "step 8 (epoch 2, batch 3)" in error.message
    good = checkpoint.read(rig.folder)
    assert good.state.epoch == 1
    assert all(bool(value.isfinite().all()) for value in good.weights.values())


def test_a_device_that_is_asked_late_finds_the_batch_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a graphics card, whose losses are read at the next report."""
    data = class_data()
    bad = int(epoch_order(100, 7, 0)[30])
    data.values[("features", "train")][bad, 2] = float("inf")
    rig = Rig(tmp_path, classifier(*HIDDEN, recipe=plain(epochs=1)), data)
    begun = loop.Loop.__init__

    def late(self: loop.Loop, *args: object, **words: object) -> None:
        begun(self, *args, **words)  # type: ignore[arg-type]
        self._on_cpu = False

    entered = loop.Loop._enter

    def enter(self: loop.Loop, phase: Phase) -> object:
        found = entered(self, phase)
        found.stepper._on_cpu = False
        return found

    monkeypatch.setattr(loop.Loop, "__init__", late)
    monkeypatch.setattr(loop.Loop, "_enter", enter)
    with pytest.raises(TrainingError) as caught:
        rig.run()
    error = caught.value
    assert isinstance(error, NotFiniteError)
    assert (error.step, error.batch) == (2, 2)
    assert bad in error.samples
    assert error.where == "features"


# -- a log that was cut -----------------------------------------------------------------------------------------------


def test_a_log_cut_anywhere_still_opens_and_can_be_gone_on_with(tmp_path: Path) -> None:
    project, data = picture_project(one_phase(Phase(epochs=2, batch_size=8, players=(optimizer("AdamW"),))))
    rig = Rig(tmp_path, project, data)
    rig.run()
    whole = rig.folder.events_file.read_bytes()
    events = whole_log(rig.folder)
    assert len(events) > 8
    for cut in range(len(whole) + 1):
        rig.folder.events_file.write_bytes(whole[:cut])
        read = whole_log(rig.folder)
        assert read == events[: len(read)], cut
        assert len(read) >= whole[:cut].count(b"\n")
        summary = RunSummary(run=1)
        for event in read:
            summary.feed(event)
        brief = [event for event in read if not isinstance(event, FOR_CHARTS)]
        assert whole_log(rig.folder, brief=True) == brief
    for cut in (0, 1, 57, len(whole) // 2, len(whole) - 1):
        rig.folder.events_file.write_bytes(whole[:cut])
        before = whole_log(rig.folder)
        log = RunLog(rig.folder)
        log.append(RunNote(text="goes on"))
        log.close()
        after = whole_log(rig.folder)
        assert after[: len(before)] == before
        assert isinstance(after[-1], RunNote)
