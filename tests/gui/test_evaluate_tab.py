"""The Evaluate tab: scores come by themselves, a cell leads to its mistakes, failures say what to do."""

import pytest
from PySide6.QtCore import Qt

from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import GetSamples
from engine.protocol.messages.evaluation import Evaluate, FieldEvaluation
from engine.protocol.run_folder import RunSummary
from gui.evaluate.mistakes_panel import sureness
from gui.evaluate.scored_runs import best_run, scorable
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.views.mistakes import MistakesView
from gui.models.settings import Settings
from gui.widgets.button import Button
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, number_scores, open_example, scores_of, scripted_data, two_runs


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


def page(tab: EvaluateTab) -> MistakesView:
    view = tab.view("mistakes")
    assert isinstance(view, MistakesView)
    return view


def shown(bench, qtbot) -> EvaluateTab:
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    return tab


@pytest.fixture
def scored(bench, engine, tmp_path, qtbot) -> EvaluateTab:
    """Run 14 of two, scored on the test split."""
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), split=request.split))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    return tab


def test_without_runs_it_says_what_comes_here(bench, engine, tmp_path, qtbot):
    bench.project.open(open_example(bench, tmp_path))
    tab = shown(bench, qtbot)
    assert tab.stack.currentWidget() is tab.empty
    assert tab.empty.sentence() == "Nothing to score yet"
    assert tab.left.again.blocked_reason() == "There is no run to score yet."
    assert engine.asked(Evaluate) == []


def test_the_best_run_is_scored_by_itself_once(bench, engine, scored):
    assert [(request.run, request.split) for request in engine.asked(Evaluate)] == [("14", "test")]
    assert scored.left.run() == 14
    assert scored.scores.shown()[:2] == [
        ("Accuracy", "94.1 %", "95 % CI 93.6–94.5"),
        ("F1", "94.0 %", "8 classes"),
    ]
    assert page(scored).matrix.classes()[0] == "shirt"
    assert page(scored).classes.model().rowCount() == 8
    scored.hide()
    scored.show()
    assert len(engine.asked(Evaluate)) == 1


def test_other_runs_and_splits_are_scored_when_picked(bench, engine, scored, qtbot):
    qtbot.keyClick(scored.left.rows, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bench.evaluation.result.run == 13)
    qtbot.keyClick(scored.left.split, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bench.evaluation.result.split == "val")
    assert [(request.run, request.split) for request in engine.asked(Evaluate)] == [
        ("14", "test"), ("13", "test"), ("13", "val"),
    ]  # fmt: skip
    assert page(scored).classes_card.note() == "validation split, chose the best epoch"
    qtbot.mouseClick(scored.left.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(engine.asked(Evaluate)) == 4 and bench.evaluation.state == "done")


def test_a_cell_leads_to_its_mistakes_and_back(bench, scored, qtbot):
    view, model = page(scored).mistakes.view, page(scored).mistakes.model
    assert model.rowCount() == 40
    where = page(scored).matrix.cell_rect(0, 1).center().toPoint()
    qtbot.mouseClick(page(scored).matrix, Qt.MouseButton.LeftButton, pos=where)
    assert model.filter() == ("shirt", "coat")
    assert 0 < model.rowCount() < 40
    assert page(scored).mistakes.note().startswith("shirt taken for coat · 41")
    assert page(scored).mistakes.all.isVisible()
    page(scored).mistakes.all.click()
    assert model.rowCount() == 40
    assert page(scored).matrix.selected() is None
    page(scored).matrix.select(2, 2)
    assert not view.isVisible()
    assert page(scored).mistakes.none_text() == "These were answered right. Pick a red cell to see mistakes."
    page(scored).matrix.setFocus()
    qtbot.keyClick(page(scored).matrix, Qt.Key.Key_Escape)
    assert model.rowCount() == 40


def test_mistakes_show_their_samples_as_they_are_seen(bench, engine, scored, qtbot):
    qtbot.waitUntil(lambda: bool(engine.asked(GetSamples)))
    qtbot.waitUntil(lambda: page(scored).mistakes.model.index(0).data(Qt.ItemDataRole.UserRole + 2) is not None)
    tip = page(scored).mistakes.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "00000.png" in tip
    assert "shirt taken for coat, 0.99" in tip
    assert not page(scored).mistakes.view.grab().toImage().isNull()


def test_a_class_leads_to_its_mistakes_however_the_table_is_sorted(scored, qtbot):
    table = page(scored).classes
    table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    recalls = [table.model().index(row, 2).data(Qt.ItemDataRole.UserRole) for row in range(8)]
    assert recalls == sorted(recalls)
    name = table.model().index(0, 0).data()
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(0, 0)).center()
    )
    assert page(scored).mistakes.model.filter() == (name, None)


def test_numbers_have_cards_and_worst_samples_but_no_matrix(bench, engine, tmp_path, qtbot):
    engine.answer_with(Evaluate, lambda request: number_scores(int(request.run)))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert [name for name, _, _ in tab.scores.shown()] == ["Mean error", "R²", "Loss"]
    assert not page(tab).matrix_card.isVisible()
    assert page(tab).mistakes.title() == "Furthest off"
    assert page(tab).mistakes.model.rowCount() == 9
    assert not page(tab).mistakes.view.grab().toImage().isNull()


def test_several_outputs_are_shown_one_at_a_time(bench, engine, tmp_path, qtbot):
    import msgspec

    both = [scores_of(14).outputs[0], number_scores(14).outputs[0]]
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=both))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert tab.left.output.isVisible()
    assert page(tab).matrix_card.isVisible()
    qtbot.keyClick(tab.left.output, Qt.Key.Key_Down)
    assert not page(tab).matrix_card.isVisible()
    assert tab.scores.shown()[0][0] == "Mean error"


def test_no_mistakes_at_all_is_said(bench, engine, tmp_path, qtbot):
    import msgspec

    perfect = FieldEvaluation(field="label", metrics={"accuracy": 1.0}, classes=["a", "b"], matrix=[[3, 0], [0, 4]])
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=[perfect]))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert page(tab).mistakes.none_text() == "No mistakes at all on these samples."


def test_what_is_scored_as_a_whole_lists_no_samples(bench, engine, tmp_path, qtbot):
    import msgspec

    region = FieldEvaluation(field="mask", metrics={"accuracy": 0.9, "jaccard_macro": 0.7, "matthews_correlation": 0.5})
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=[region]))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert page(tab).mistakes.none_text().startswith("Answers of this kind are scored as a whole")
    assert {"Accuracy", "Overlap (IoU)", "Matthews correlation"} <= {name for name, _, _ in tab.scores.shown()}
    assert not page(tab).matrix_card.isVisible()
    assert not tab.grab().isNull()


def test_progress_shows_and_cancel_reaches_the_engine(bench, engine, tmp_path, qtbot):
    engine.answer_with(Evaluate, [Progress(fraction=0.4, message="Scoring 4,000 of 10,000", left_s=3)])
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: tab.busy.line.text() == "Scoring 4,000 of 10,000")
    assert tab.busy.isVisible()
    assert tab.left.again.blocked_reason() == "It is being scored."
    next(b for b in tab.busy.findChildren(Button) if b.text() == "Cancel").click()
    assert engine.cancelled == [engine.asked(Evaluate)[0].id]
    assert not tab.busy.isVisible()
    assert tab.left.again.isEnabled()
    assert tab.stack.currentWidget() is tab.unscored  # and it is not begun again by itself
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run)))
    tab.score_now.click()
    qtbot.waitUntil(lambda: tab.results.isVisible())


def test_a_failure_says_what_where_and_offers_to_try_again(bench, engine, tmp_path, qtbot):
    failure = error("data", "The folder photos cannot be found.", "/photos", "Bring it back.")
    engine.answer_with(Evaluate, RequestFailed(error=failure))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: tab.failure.isVisible())
    assert tab.failure.title() == "The folder photos cannot be found."
    assert tab.failure.text() == "Where: /photos. Bring it back."
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run)))
    next(b for b in tab.failure.findChildren(Button) if b.text() == "Try again").click()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert not tab.failure.isVisible()
    assert tab.results.isVisible()


def test_a_better_run_trained_since_is_offered_not_forced(bench, engine, scored, tmp_path, qtbot):
    log = RunLog(tmp_path / "garments", 15)
    log.prepare()
    log.train(20, best=0.99)
    log.finish(0.99)
    qtbot.waitUntil(lambda: scored.newer.isVisible())
    assert scored.newer.title() == "Run 15 did better in training"
    assert bench.evaluation.result.run == 14
    next(b for b in scored.newer.findChildren(Button) if b.text() == "Score #15").click()
    qtbot.waitUntil(lambda: bench.evaluation.result.run == 15)
    assert not scored.newer.isVisible()


def test_a_wrong_answer_is_never_shown_as_certain():
    assert [sureness(score) for score in (0.5, 0.994, 0.996, 0.99999)] == ["0.50", "0.99", "> 0.99", "> 0.99"]


def test_the_best_run_is_found_for_metrics_of_both_kinds():
    def run(number: int, **best: float) -> RunSummary:
        return RunSummary(run=number, state="finished", epochs=3, best=best, best_epoch=2)

    assert best_run([run(2, loss=0.1, accuracy=0.8), run(1, loss=0.5, accuracy=0.9)]).run == 1
    assert best_run([run(2, loss=0.1, mean_absolute_error=2.0), run(1, mean_absolute_error=1.0)]).run == 1
    assert best_run([run(1, loss=0.1), run(2, loss=0.5)]).run == 1
    assert best_run([run(1, accuracy=float("nan")), run(2, accuracy=0.1)]).run == 2
    assert best_run([]) is None
    assert best_run([RunSummary(run=1)]) is None
    assert scorable([RunSummary(run=1), run(2, loss=1.0)])[0].run == 2
