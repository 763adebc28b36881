"""A game in the window: watched, held, gone on with, played by keys, compared; and the engine may fail meanwhile."""

import io
import itertools

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from engine.document.project import Project
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.evaluation import EpisodeScore, EvaluationFinished, FieldEvaluation
from engine.protocol.messages.playing import GameMoment, GamePlayed, PlayGame
from gui.evaluate.view import ACTS, EvaluateContext
from gui.evaluate.view_stack import ViewStack
from gui.evaluate.views.episodes import EpisodesView
from gui.models.game import AHEAD, GameModel
from gui.models.settings import Settings
from gui.samples.game_view import GameView, action_of, keys_of
from gui.use.play_panel import PlayPanel
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error

LENGTH = 40


def picture(shade: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (30, 20), (shade, shade, shade)).save(held, "PNG")
    return held.getvalue()


def play(request: PlayGame) -> GamePlayed:
    """A game of 40 moments for the network, of 12 for anybody who once takes action 0."""
    moments: list[GameMoment] = []
    taken = list(request.taken)

    def moment(action: int) -> GameMoment:
        over = len(taken) >= (12 if 0 in taken else LENGTH)
        frame = picture(len(taken)) if request.pictures else b""
        values = [] if over else [1.0, 2.0 + len(taken)]
        total = float(len(taken))
        return GameMoment(
            action=action, reward=1.0, total=total, step=len(taken), best=1, values=values, frame=frame, over=over
        )

    if not taken:
        moments.append(moment(-1))
    for action in [*request.actions, *[1] * request.steps]:
        if moments and moments[-1].over:
            break
        taken.append(action)
        moments.append(moment(action))
    return GamePlayed(environment="Pole", actions=["left", "right"], seed=request.seed, moments=moments)


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    engine.answer_with(PlayGame, play)
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    bench.project.create(tmp_path / "p", Project(name="p"))
    yield bench
    bench.shut_down()


@pytest.fixture
def game(bench) -> GameModel:
    return GameModel(bench.project, bench.engine)


def shown_steps(game: GameModel, qtbot, count: int) -> list[int]:
    steps: list[int] = []
    game.moment_shown.connect(lambda: steps.append(game.shown.step))
    qtbot.waitUntil(lambda: len(steps) >= count or game.over)
    return steps


def test_a_game_is_watched_to_its_end_moment_by_moment(game, engine, qtbot) -> None:
    game.set_pace(60)
    game.begin(9, run=True)
    steps: list[int] = []
    game.moment_shown.connect(lambda: steps.append(game.shown.step))
    qtbot.waitUntil(lambda: game.over)
    assert steps == list(range(LENGTH + 1)) and not game.running and game.totals == {"network": 40.0}
    requests = engine.asked(PlayGame)
    assert all(request.steps <= AHEAD for request in requests) and requests[0].seed == 9
    for before, after in itertools.pairwise(requests):
        assert after.taken[: len(before.taken)] == before.taken


def test_it_stops_at_once_and_goes_on_step_by_step(game, qtbot) -> None:
    game.begin(3, run=True)
    qtbot.waitUntil(lambda: game.shown is not None and game.shown.step >= 2)
    game.pause()
    held = game.shown.step
    for _ in range(3):
        with qtbot.waitSignal(game.moment_shown):
            game.step()
    assert game.shown.step == held + 3 and not game.running
    game.play()
    qtbot.waitUntil(lambda: game.shown.step > held + 3)


def test_a_person_plays_by_keys_and_is_compared(game, engine, qtbot) -> None:
    view = GameView(game, name="use.game")
    qtbot.addWidget(view)
    view.resize(800, 400)
    view.show()
    view.who.committed.emit("person")
    qtbot.waitUntil(lambda: game.began)
    assert "arrow" not in view.keys.whole_text() and "left" in view.keys.whole_text()
    for _ in range(12):
        before = game.shown.step
        qtbot.keyClick(view.picture, Qt.Key.Key_Left)
        qtbot.waitUntil(lambda before=before: game.shown.step == before + 1)
    assert game.over and game.totals["person"] == 12.0
    qtbot.waitUntil(lambda: "network" in game.totals)
    assert game.totals["network"] == 40.0
    assert "You earned 12" in view.compared.whole_text() and "40" in view.compared.whole_text()
    unseen = [request for request in engine.asked(PlayGame) if not request.pictures]
    assert unseen and all(request.seed == game.seed for request in unseen)
    assert view.play.blocked_reason()


def test_keys_and_buttons_do_the_same(game, qtbot) -> None:
    view = GameView(game, name="use.game")
    qtbot.addWidget(view)
    view.show()
    game.begin(4)
    qtbot.waitUntil(lambda: game.began)
    qtbot.keyClick(view.picture, Qt.Key.Key_Space)
    assert game.running and view.play.text() == "Pause"
    qtbot.waitUntil(lambda: game.shown.step > 1)
    view.play.click()
    assert not game.running
    qtbot.keyClick(view.picture, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: game.shown is not None and game.shown.step == 0)
    assert game.seed == 4
    qtbot.keyClick(view.picture, Qt.Key.Key_N)
    assert game.seed != 4
    view.pace.committed.emit(10)
    assert game.pace == 10


def test_an_engine_that_fails_says_so_and_nothing_is_lost(game, engine, qtbot) -> None:
    view = GameView(game, name="use.game")
    qtbot.addWidget(view)
    game.begin(2)
    qtbot.waitUntil(lambda: game.began)
    engine.answer_with(PlayGame, RequestFailed(error=error("data", "It fell over.", hint="Begin another.")))
    game.play()
    qtbot.waitUntil(lambda: game.state == "failed")
    assert not view.notice.isHidden() and "It fell over." in view.notice.title()
    engine.answer_with(PlayGame, play)
    game.begin()
    qtbot.waitUntil(lambda: game.began)
    assert view.notice.isHidden() and game.seed == 2


def test_the_panel_begins_by_itself_and_rests_while_hidden(game, bench, engine, qtbot) -> None:
    panel = PlayPanel(game)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: game.began)
    assert game.running
    panel.hide()
    assert not game.running
    panel.show_run("3", "last")
    qtbot.waitUntil(lambda: engine.asked(PlayGame)[-1].run == "3")
    assert engine.asked(PlayGame)[-1].which == "last"


def test_keys_follow_the_names_of_actions() -> None:
    right, left, up, one = (int(key) for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_1))
    assert action_of(left, ["0", "1"]) == 0 and action_of(right, ["0", "1", "2"]) == 2
    assert action_of(right, ["move right", "move left"]) == 0
    assert action_of(up, ["0", "1"]) is None and action_of(right, ["0", "1", "2", "3"]) is None
    assert action_of(one + 1, ["0", "1"]) == 1 and action_of(one + 2, ["0", "1"]) is None
    assert keys_of(["left", "right"]).startswith("Each key is a moment") and keys_of([]) == ""


def episodes(*totals: float) -> EvaluationFinished:
    scores = [EpisodeScore(seed=10 + at, total=total, steps=int(total)) for at, total in enumerate(totals)]
    output = FieldEvaluation(field="action", kind="episodes", metrics={"mean_return": 1.0}, episodes=scores)
    return EvaluationFinished(run=2, split="test", samples=len(totals), seconds=0.1, outputs=[output])


def test_episodes_come_first_and_the_worst_is_watched(bench, engine, qtbot) -> None:
    context = EvaluateContext(
        project=bench.project, runs=bench.runs, data=bench.data, evaluation=bench.evaluation, engine=engine
    )
    stack = ViewStack(context)
    qtbot.addWidget(stack)
    stack.resize(900, 700)
    stack.show()
    bench.evaluation.result = episodes(500.0, 17.0, 300.0)
    bench.evaluation.output_chosen.emit("action")
    qtbot.waitUntil(lambda: stack.key == "episodes")
    view = stack.view("episodes")
    assert isinstance(view, EpisodesView)
    qtbot.waitUntil(lambda: view.game.began)
    assert view.game.seed == 11 and view.episode.value() == 11 and not view.game.running
    assert stack.view("mistakes").why_not(bench.evaluation.result, bench.evaluation.result.outputs[0]) == ACTS
    view.episode.committed.emit(12)
    qtbot.waitUntil(lambda: view.game.seed == 12 and view.game.shown is not None and view.game.shown.step > 0)
