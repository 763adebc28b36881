"""The Evaluate tab: scores come by themselves, a cell leads to its mistakes, failures say what to do."""

import pytest
from PySide6.QtCore import Qt

from engine.protocol.messages.answered_samples import Among, GetAnswered, MeasureLatency, Order
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.evaluation import ClassScore, Evaluate, FieldEvaluation
from engine.protocol.run_folder import RunSummary
from gui.evaluate import view_stack
from gui.evaluate.answered_list import SampleRole, sureness
from gui.evaluate.scored_runs import best_run, scorable
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.view import EvaluateView
from gui.evaluate.views.mistakes import MistakesView
from gui.models.evaluation import Method
from gui.models.settings import Settings
from gui.widgets.button import Button
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.answered_scene import Listing, numbers, of_categories, scripted_answers
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, number_scores, open_example, scores_of, scripted_data, two_runs


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    scripted_answers(engine, Listing(of_categories(scores_of(14))))
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
        ("Macro F1", "94.0 %", "8 classes"),
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


def listed(tab: EvaluateTab) -> int:
    return page(tab).mistakes.model.rowCount()


def cell_count(true: int, predicted: int) -> int:
    return scores_of(14).outputs[0].matrix[true][predicted]


def test_a_cell_leads_to_all_its_samples_and_back(bench, engine, scored, qtbot):
    panel, matrix = page(scored).mistakes, page(scored).matrix
    mistakes = sum(sum(row) for row in scores_of(14).outputs[0].matrix) - sum(cell_count(n, n) for n in range(8))
    qtbot.waitUntil(lambda: listed(scored) == mistakes)
    assert panel.title() == "Most confident mistakes"
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(0, 1).center().toPoint())
    qtbot.waitUntil(lambda: listed(scored) == cell_count(0, 1))
    assert panel.filter() == ("shirt", "coat")
    assert panel.note() == f"shirt taken for coat · {cell_count(0, 1)}"
    scores = [panel.model.index(row).data(SampleRole).score for row in range(41)]
    assert scores == sorted(scores, reverse=True)
    panel.switch.setCurrentIndex(1)
    qtbot.waitUntil(lambda: engine.asked(GetAnswered)[-1].order is Order.LEAST_CERTAIN and listed(scored) == 41)
    assert panel.title() == "Least certain first"
    panel.all.click()
    qtbot.waitUntil(lambda: listed(scored) == mistakes)
    assert matrix.selected() is None
    matrix.select(2, 2)  # what was answered right has samples too, more than one page of them
    qtbot.waitUntil(lambda: listed(scored) == cell_count(2, 2))
    assert panel.note() == f"dress recognized · {cell_count(2, 2)}"
    matrix.setFocus()
    qtbot.keyClick(matrix, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: listed(scored) == mistakes)


def test_pages_come_as_they_are_scrolled_to(engine, scored, qtbot):
    panel = page(scored).mistakes
    page(scored).matrix.select(1, 1)
    count = cell_count(1, 1)
    qtbot.waitUntil(lambda: listed(scored) == count)
    assert {request.offset for request in engine.asked(GetAnswered) if request.true == "coat"} <= {0, 48}
    panel.view.scrollTo(panel.model.index(count - 1))
    panel.view.viewport().repaint()
    qtbot.waitUntil(lambda: panel.model.index(count - 1).data(SampleRole) is not None)
    offsets = {request.offset for request in engine.asked(GetAnswered) if request.true == "coat"}
    assert (count - 1) // 48 * 48 in offsets and len(offsets) < 8  # and not all that lies between


def test_the_lists_switch(engine, scored, qtbot):
    panel = page(scored).mistakes
    assert [panel.switch.tabText(n) for n in range(panel.switch.count())] == [
        "Most confident mistakes",
        "Least certain",
        "All",
    ]
    panel.switch.setFocus()
    qtbot.keyClick(panel.switch, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: engine.asked(GetAnswered)[-1].order is Order.LEAST_CERTAIN)
    qtbot.waitUntil(lambda: listed(scored) == scores_of(14).samples)
    assert engine.asked(GetAnswered)[-1].among is Among.ALL


def test_samples_say_what_they_are(scored, qtbot):
    model = page(scored).mistakes.model
    qtbot.waitUntil(lambda: model.rowCount() > 0)
    sample = model.index(0).data(SampleRole)
    words = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == f"{sample.true} taken for {sample.predicted}, {sureness(sample.score)}"
    assert sample.name in model.index(0).data(Qt.ItemDataRole.ToolTipRole)
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
    assert page(scored).mistakes.filter() == (name, "")


def test_numbers_have_cards_and_worst_samples_but_no_matrix(bench, engine, tmp_path, qtbot):
    engine.answer_with(Evaluate, lambda request: number_scores(int(request.run)))
    scripted_answers(engine, numbers(90))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: listed(tab) == 90)
    assert [name for name, _, _ in tab.scores.shown()] == ["Mean error", "R²", "Loss", "Latency"]
    assert not page(tab).matrix_card.isVisible()
    assert page(tab).mistakes.title() == "Furthest off"
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

    scripted_answers(engine, Listing([]))
    perfect = FieldEvaluation(field="label", metrics={"accuracy": 1.0}, classes=["a", "b"], matrix=[[3, 0], [0, 4]])
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=[perfect]))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    qtbot.waitUntil(lambda: page(tab).mistakes.none_text() == "No mistakes at all on these samples.")


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


def test_pairs_that_are_mixed_up_lead_to_their_samples(bench, scored, qtbot):
    view = page(scored)
    qtbot.mouseClick(view.tables, Qt.MouseButton.LeftButton, pos=view.tables.tabRect(1).center())
    assert view.pages.currentWidget() is view.mixed_up
    pairs = view.mixed_up.pairs
    qtbot.waitUntil(lambda: pairs.rowCount() > 0)
    assert [pairs.index(0, column).data() for column in range(4)] == ["shirt", "coat", "4.1 %", "41"]
    counts = [int(pairs.index(row, 3).data().replace(",", "")) for row in range(pairs.rowCount())]
    assert counts == sorted(counts, reverse=True) and all(counts)
    qtbot.mouseClick(
        view.mixed_up.viewport(), Qt.MouseButton.LeftButton, pos=view.mixed_up.visualRect(pairs.index(0, 1)).center()
    )
    assert view.matrix.selected() == (0, 1)
    qtbot.waitUntil(lambda: listed(scored) == 41)
    view.matrix.clear_selection()
    assert not view.mixed_up.selectionModel().hasSelection()


def test_many_classes_begin_with_what_is_mixed_up(bench, engine, tmp_path, qtbot):
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), 80))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert page(tab).classes_card.title() == "Mixed up"
    qtbot.waitUntil(lambda: page(tab).mixed_up.pairs.rowCount() == 200)


def test_averages_stay_below_the_classes_however_they_are_sorted(bench, engine, tmp_path, qtbot):
    import msgspec

    output = scores_of(14).outputs[0]
    macro = ClassScore(name="macro", precision=0.5, recall=0.5, f1=0.5, samples=7)
    output = msgspec.structs.replace(output, averages=[macro])
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=[output]))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    table = page(tab).classes
    for column in (0, 1, 4):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            table.sortByColumn(column, order)
            assert table.model().index(8, 0).data() == "macro average"
    chosen = []
    table.class_chosen.connect(chosen.append)
    table.clicked.emit(table.model().index(8, 0))
    assert chosen == []  # an average has no samples of its own


class Plain(EvaluateView):
    key = "plain"
    caption = "Plain"

    def why_not(self, result, output):
        return "" if output.matrix else "Only answers with a class can be shown so."

    def show_output(self, result, output):
        self.shown = output.field


def test_a_view_is_shown_or_says_why_not(bench, engine, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(view_stack, "VIEWS", (MistakesView, Plain))
    import msgspec

    both = [scores_of(14).outputs[0], number_scores(14).outputs[0]]
    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=both))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    rows = tab.left.views[0]
    assert rows.objectName() == "evaluate.views" and rows.keys() == ["mistakes", "plain"]
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert bench.evaluation.view == "plain"
    assert tab.view("plain").isVisible() and not tab.view("mistakes").isVisible()
    assert tab.view("plain").shown == "label"
    assert tab.scores.isVisible()  # above every view
    qtbot.keyClick(tab.left.output, Qt.Key.Key_Down)
    assert not tab.view("plain").isVisible()
    assert tab.views.reason.hint() == "Only answers with a class can be shown so."
    item = rows.item(1)
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "Only answers with a class can be shown so." in item.toolTip()
    assert "cannot be shown" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    bench.evaluation.choose_view("mistakes")
    assert rows.current_key() == "mistakes" and tab.view("mistakes").isVisible()


def test_ways_of_explaining_are_listed_as_they_are_offered(bench, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(view_stack, "VIEWS", (MistakesView,))  # the view that explains offers its own
    two_runs(bench, tmp_path, RunLog)
    scored = shown(bench, qtbot)
    assert not scored.left.methods.isVisible()
    bench.evaluation.offer_methods(
        [
            Method(key="cam", caption="Grad-CAM", why_not="There is no convolution."),
            Method(key="shap", caption="SHAP", help="Shares of each feature."),
            Method(key="lime", caption="LIME"),
        ]
    )
    rows = scored.left.methods
    assert rows.isVisible() and rows.objectName() == "evaluate.explain"
    assert "There is no convolution." in rows.item(0).toolTip()
    assert bench.evaluation.method == "shap"
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert bench.evaluation.method == "lime"
    bench.evaluation.offer_methods([Method(key="cam", caption="Grad-CAM")])
    assert bench.evaluation.method == "cam"
    bench.evaluation.offer_methods([])
    assert not rows.isVisible() and bench.evaluation.method == ""


def test_latency_is_shown_when_it_was_measured(bench, engine, scored, qtbot):
    qtbot.waitUntil(lambda: scored.scores.shown()[-1] == ("Latency", "0.41 ms", "onnxruntime, batch 1"))
    failure = error("export", "The file answers otherwise than the network.")
    engine.answer_with(MeasureLatency, RequestFailed(error=failure))
    bench.evaluation.evaluate("13")
    qtbot.waitUntil(lambda: scored.scores.shown()[-1] == ("Latency", "-", "could not be measured"))
    assert bench.evaluation.latency_problem == "The file answers otherwise than the network."


def test_a_network_that_answers_nothing_is_told_apart(bench, engine, tmp_path, qtbot):
    import msgspec

    engine.answer_with(Evaluate, lambda request: msgspec.structs.replace(scores_of(14), outputs=[]))
    two_runs(bench, tmp_path, RunLog)
    tab = shown(bench, qtbot)
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    assert tab.views.reason.isVisible() and tab.views.reason.sentence() == "Nothing to score"
    assert not tab.scores.isVisible()
    engine.answer_with(Evaluate, lambda request: scores_of(14))
    tab.left.again.click()
    qtbot.waitUntil(lambda: page(tab).isVisible() and tab.scores.isVisible())
    assert not tab.views.reason.isVisible()


def test_in_a_low_window_the_samples_of_a_cell_come_into_sight(bench, scored, qtbot):
    scored.resize(1100, 560)
    qtbot.waitUntil(lambda: listed(scored) > 0)
    panel = page(scored).mistakes
    assert panel.view.visibleRegion().boundingRect().height() < 100
    page(scored).matrix.select(0, 1)
    qtbot.waitUntil(lambda: panel.view.visibleRegion().boundingRect().height() >= 120)


def test_in_a_narrow_window_buttons_keep_their_names(scored, qtbot):
    panel = page(scored).mistakes
    scored.resize(1100, 700)
    qtbot.waitUntil(lambda: panel.open_data.text() == "")
    assert panel.open_data.accessibleName() == "Open in Data"
    assert panel.width() <= scored.stack.width()
    scored.resize(1600, 900)
    qtbot.waitUntil(lambda: panel.open_data.text().strip() == "Open in Data")
