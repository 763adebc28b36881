"""Every example as a person meets it: opened from the start page, trained by the button, scored, tried, exported."""

import os
import time
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.document.edits import SetRecipe
from engine.training.runs import with_epochs
from gui.evaluate.view_stack import ViewStack
from gui.screenshot import is_busy
from gui.use.play_panel import plays
from gui.use.tab import UseTab
from gui.widgets.notice import Notice
from tests.end2end.user import User
from tests.examples.example import names

QUIET_S = 0.6
WITHIN_S = 600


@pytest.fixture(autouse=True)
def fetched_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """NETWRIGHT_TEST_CACHE names a folder with them; without it the examples that begin with some are skipped."""
    if cache := os.environ.get("NETWRIGHT_TEST_CACHE"):
        monkeypatch.setenv("NETWRIGHT_CACHE_DIR", cache)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", names())
def test_from_the_start_page_to_a_file_with_its_proof(user: User, name: str) -> None:
    """One epoch of each phase: how well it learns is measured elsewhere (test_examples_connect)."""
    open_example(user, name)
    user.go_to(2, "design")
    settle(user)
    bench = user.window.bench
    missing = [p.message for p in bench.project.checker.problems() if "not on this machine yet" in p.message]
    if missing:
        pytest.skip(missing[0])
    assert bench.project.do(SetRecipe(recipe=with_epochs(bench.project.project.recipe, 1)))
    user.go_to(3, "train")
    train(user)
    look_at_every_view(user)
    try_it(user)
    export(user)


def open_example(user: User, name: str) -> None:
    bench = user.window.bench
    bench.shelf.read_examples()
    user.click(f"example.{name}")
    user.wait(lambda: bench.project.directory == bench.shelf.home / name)
    user.wait(lambda: bench.engine.state == "ready" and bench.data.state in ("ready", "failed"), WITHIN_S)
    assert bench.data.state == "ready", bench.data.error
    settle(user)


def train(user: User) -> None:
    runs = user.window.bench.runs
    user.wait(lambda: not runs.reason_not_to_start())
    user.click("train.start")
    user.wait(lambda: bool(runs.summaries) and runs.summaries[0].state in ("finished", "failed", "stopped"), WITHIN_S)
    assert runs.summaries[0].state == "finished", runs.summaries[0].error
    settle(user)


def look_at_every_view(user: User) -> None:
    """Each output, in each view that says it can show it."""
    user.go_to(4, "evaluate")
    evaluation, views = user.window.bench.evaluation, user.window.findChild(ViewStack)
    assert views is not None
    user.wait(lambda: evaluation.state in ("done", "failed"), WITHIN_S)
    result = evaluation.result
    assert result is not None, evaluation.error
    settle(user)
    shown = 0
    for at, output in enumerate(result.outputs):
        evaluation.choose_output(at)
        for kind in views.kinds:
            if views.view(kind.key).why_not(result, output):
                continue
            evaluation.choose_view(kind.key)
            settle(user)
            assert views.view(kind.key).isVisible(), kind.caption
            shown += 1
    assert shown >= len(result.outputs) or not result.outputs


def try_it(user: User) -> None:
    """The tab answers by itself as soon as it is looked at; a network that acts plays first."""
    user.go_to(5, "use")
    use = user.window.bench.use
    if plays(user.window.bench.project.project):
        tab = user.window.findChild(UseTab)
        assert tab is not None and tab.playing.isVisible()
        user.wait(lambda: tab.game.over or tab.game.state == "failed")
        assert tab.game.over and not tab.game.error
        user.click("use.play.numbers")
    user.wait(lambda: use.predict_state in ("done", "failed"), WITHIN_S)
    assert use.prediction is not None and use.prediction.predictions, use.error
    settle(user)


def export(user: User) -> None:
    use = user.window.bench.use
    user.click("use.export")
    user.wait(lambda: use.export_state in ("done", "failed"), WITHIN_S)
    assert use.export_result is not None, use.error
    proof = use.export_result.verified
    assert proof.same_answers == proof.samples > 0
    assert Path(use.export_result.file).is_file()
    settle(user)


def settle(user: User) -> None:
    """Until nothing has been under way for a while; nothing may have failed then."""
    bench, end, quiet = user.window.bench, time.monotonic() + WITHIN_S, time.monotonic()
    while time.monotonic() - quiet < QUIET_S:
        QTest.qWait(10)
        if is_busy(bench):
            quiet = time.monotonic()
        assert time.monotonic() < end, "it never came to rest"
    notices = [widget for widget in QApplication.allWidgets() if isinstance(widget, Notice) and widget.isVisible()]
    failures = [
        f"{notice.objectName()}: {notice.title()} {notice.text()}" for notice in notices if notice.kind() == "error"
    ]
    assert not failures, failures
