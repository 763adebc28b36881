"""What the user asks of a run while it trains: other settings, single steps, a pause; and that no kill forgets it."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from small_tasks import KilledError, Rig, class_data, classifier, one_phase, same

from engine.document.data_spec import Step
from engine.document.recipe import Phase, Player, Recipe
from engine.protocol.run_events import (
    ChangeSettings,
    ContinueRun,
    PauseRun,
    RunContinued,
    RunFinished,
    RunNote,
    RunPaused,
    SettingsChanged,
    StepOnce,
    StepsReported,
    StopRun,
)
from engine.protocol.run_folder import RunSummary
from engine.training import checkpoint, loop, run_log
from engine.training.live import CHANGES, Change, LiveSettings

NOISY = (
    ("hidden", "Linear", {"out_features": 16}),
    ("relu1", "ReLU", {}),
    ("drop", "Dropout", {"p": 0.3}),
)


def players(epochs: int = 3, **more: object) -> Recipe:
    """Two players, whose rates can be told apart."""
    made = tuple(
        Player(name=name, nodes=nodes, optimizer=Step(type="SGD", attributes={"lr": rate}))
        for name, nodes, rate in (("body", ("hidden",), 0.05), ("head", ("scores",), 0.02))
    )
    return one_phase(Phase(epochs=epochs, batch_size=20, players=made), **more)


Ask = Callable[[Rig, int], None]


def at_step(monkeypatch: pytest.MonkeyPatch, asks: dict[int, Ask]) -> None:
    """Call `asks[n]` in the run itself, right after step n; the run looks at its requests after each step."""
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    monkeypatch.setattr(run_log, "POLL_S", 0.0)
    obey = loop.Loop._obey

    def asked(self: loop.Loop) -> bool:
        ask = asks.pop(self.state.step, None)
        if ask is not None:
            ask(RIGS[-1], self.state.step)
        return obey(self)

    monkeypatch.setattr(loop.Loop, "_obey", asked)


RIGS: list[Rig] = []


def rig_in(folder: Path, recipe: Recipe | None = None) -> Rig:
    RIGS.append(Rig(folder, classifier(*NOISY, recipe=recipe or players()), class_data()))
    return RIGS[-1]


def request(asked: object) -> Ask:
    return lambda rig, _step: rig.folder.ask(asked)  # type: ignore[arg-type]


def test_a_changed_rate_counts_from_the_next_step_on_and_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_step(monkeypatch, {4: request(ChangeSettings(player="head", learning_rate=0.5))})
    rig = rig_in(tmp_path)
    rig.run()
    rates = {event.first_step: event.rates for event in rig.events(StepsReported)}  # type: ignore[union-attr]
    assert rates[4] == [0.05, 0.02]
    assert rates[5] == [0.05, 0.5]
    (mark,) = rig.events(SettingsChanged)
    assert isinstance(mark, SettingsChanged)
    assert (mark.step, mark.epoch, mark.player, mark.learning_rate, mark.clip_norm) == (4, 1, "head", 0.5, None)


def test_all_players_and_clipping_can_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_step(
        monkeypatch,
        {
            3: request(ChangeSettings(learning_rate=0.1, clip_norm=1e-9)),
            6: request(ChangeSettings(clip_norm=0)),
        },
    )
    rig = rig_in(tmp_path)
    kept: dict[int, list[object]] = {}
    take = loop.Stepper.take

    def watched(self: loop.Stepper, batch: object, step: int, *more: object) -> object:
        kept[step] = [self.clip_norm, *(player.base for player in self.players)]
        return take(self, batch, step, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(loop.Stepper, "take", watched)
    rig.run()
    assert kept[3] == [None, 0.05, 0.02]
    assert kept[4] == kept[6] == [1e-9, 0.1, 0.1]
    assert kept[7] == kept[15] == [None, 0.1, 0.1]


@pytest.mark.parametrize("limit", [9, 13, 19])
def test_a_change_survives_a_kill_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """Also one that was made after the last checkpoint, which the run comes by once more."""
    asks = {
        2: request(ChangeSettings(learning_rate=0.3)),
        8: request(ChangeSettings(player="body", learning_rate=0.01, clip_norm=0.5)),
    }
    at_step(monkeypatch, dict(asks))
    whole = rig_in(tmp_path / "a", players(epochs=4))
    whole.run()
    monkeypatch.undo()
    at_step(monkeypatch, dict(asks))
    broken = rig_in(tmp_path / "b", players(epochs=4))
    with pytest.raises(KilledError):
        broken.run(step_limit=2 * limit)  # each step asks the network twice
    monkeypatch.undo()
    with pytest.raises(KilledError):
        broken.run(resume=True, step_limit=3)
    broken.run(resume=True)
    assert same(whole.weights(), broken.weights())
    plain = rig_in(tmp_path / "c", players(epochs=4))
    plain.run()
    assert not same(whole.weights(), plain.weights())
    marks = {(event.step, event.player) for event in broken.events(SettingsChanged)}  # type: ignore[union-attr]
    assert marks == {(2, ""), (8, "body")}


def test_a_rate_holds_to_the_end_of_the_phase_and_clipping_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phase = players(epochs=1).phases[0]
    at_step(monkeypatch, {3: request(ChangeSettings(learning_rate=0.4, clip_norm=2.0))})
    rig = rig_in(tmp_path, Recipe(phases=(phase, phase)))
    rig.run()
    rates = {event.first_step: event.rates for event in rig.events(StepsReported)}  # type: ignore[union-attr]
    assert rates[5] == [0.4, 0.4]
    assert rates[6] == [0.05, 0.02]
    assert rig.loop is not None and rig.loop._phase is not None
    assert rig.loop._phase.stepper.clip_norm == 2.0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (ChangeSettings(player="nobody", learning_rate=0.1), "no player 'nobody'"),
        (ChangeSettings(learning_rate=-1.0), "from 0 on"),
        (ChangeSettings(learning_rate=1e300), "from 0 on"),
        (ChangeSettings(clip_norm=-2.0), "above 0"),
        (ChangeSettings(), "names no setting"),
    ],
)
def test_a_change_that_makes_no_sense_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: ChangeSettings, said: str
) -> None:
    at_step(monkeypatch, {2: request(asked)})
    rig = rig_in(tmp_path, players(epochs=1))
    rig.run()
    assert not rig.events(SettingsChanged)
    assert any(said in note.text for note in rig.events(RunNote))  # type: ignore[union-attr]
    assert not (rig.folder.path / CHANGES).exists()


def test_a_new_change_takes_the_place_of_those_still_to_come(tmp_path: Path) -> None:
    rig = rig_in(tmp_path)
    first = LiveSettings(rig.folder, 0)
    first.add(Change(phase=0, step=10, learning_rate=0.1))
    first.add(Change(phase=0, step=20, learning_rate=0.2))
    again = LiveSettings(rig.folder, 12)
    assert again.next_step == 20
    assert [change.step for change in again.made(0)] == [10]
    again.add(Change(phase=0, step=15, learning_rate=0.3))
    assert again.due(100) == []
    assert [change.step for change in LiveSettings(rig.folder, 100).made(0)] == [10, 15]
    assert LiveSettings(rig.folder, 100).made(1) == [
        msgspec.structs.replace(change, learning_rate=None) for change in again.made(0)
    ]


def test_changes_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    rig = rig_in(tmp_path)
    (rig.folder.path / CHANGES).write_bytes(b"[{")
    assert LiveSettings(rig.folder, 5).made(0) == []


# -- single steps -----------------------------------------------------------------------------------------------------


def wait_for(rig: Rig, kind: type, count: int) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if len(rig.events(kind)) >= count:
            return
        pause.wait(0.01)
    raise AssertionError(f"not {count} times {kind.__name__} within 20 s")


def test_single_steps_are_taken_one_by_one_and_change_nothing(tmp_path: Path) -> None:
    whole = rig_in(tmp_path / "a", players(epochs=60))
    whole.run()
    rig = rig_in(tmp_path / "b", players(epochs=60))
    result: list[object] = []
    thread = threading.Thread(target=lambda: result.append(rig.run()))
    rig.folder.ask(PauseRun())
    thread.start()
    wait_for(rig, RunPaused, 1)
    first = rig.events(RunPaused)[0].step  # type: ignore[union-attr]
    for number in range(1, 8):
        rig.folder.ask(StepOnce())
        wait_for(rig, RunPaused, number + 1)
        event = rig.events(RunPaused)[-1]
        assert isinstance(event, RunPaused)
        assert event.step == first + number
        assert (rig.folder.checkpoints / event.checkpoint).is_dir(), "it can be tried"
        assert checkpoint.read(rig.folder).step == event.step
    summary = RunSummary(run=1)
    for item in rig.events():
        summary.feed(item)
    assert summary.state == "paused"
    assert not rig.events(RunContinued)
    rig.folder.ask(ChangeSettings(clip_norm=1e6))
    wait_for(rig, SettingsChanged, 1)
    rig.folder.ask(ContinueRun())
    thread.join(60)
    assert isinstance(result[0], RunFinished)
    told = [event.first_step + n for event in rig.events(StepsReported) for n in range(len(event.loss))]  # type: ignore[union-attr]
    assert told == list(range(1, 301))
    # Clipping to a million changes no gradient.
    assert same(whole.weights(), rig.weights())


def test_a_single_step_pauses_a_running_run_and_stop_ends_it(tmp_path: Path) -> None:
    rig = rig_in(tmp_path, players(epochs=400))
    result: list[object] = []
    thread = threading.Thread(target=lambda: result.append(rig.run()))
    thread.start()
    wait_for(rig, StepsReported, 1)
    rig.folder.ask(StepOnce())
    wait_for(rig, RunPaused, 2)
    first, second = rig.events(RunPaused)
    assert second.step == first.step + 1  # type: ignore[union-attr]
    rig.folder.ask(StopRun())
    thread.join(60)
    assert result[0].__class__.__name__ == "RunStopped"
