"""View "Why": asked for the chosen sample, in the chosen way; all ways side by side; overlays on the mistakes."""

import pytest
from PySide6.QtCore import Qt

from engine.document.edits import Batch, SetBypassed
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.explanation import Explain, Explained, Explanation
from gui.charts.relevance_picture import RelevancePicture
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.views import why as why_module
from gui.evaluate.views.mistakes import MistakesView
from gui.evaluate.views.why import WhyView
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.answered_scene import Listing, of_categories, scripted_answers
from tests.gui.explained_scene import CLASSES, explained
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, scores_of, scripted_data, two_runs


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), 5, request.split))
    scripted_answers(engine, Listing(of_categories(scores_of(14, 5))))
    engine.answer_with(Explain, explained)
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def tab(bench, tmp_path, qtbot) -> EvaluateTab:
    two_runs(bench, tmp_path, RunLog)
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.answered.state == "ready")
    qtbot.waitUntil(lambda: bench.evaluation.sample is not None)
    return tab


def why(tab: EvaluateTab) -> WhyView:
    view = tab.view("why")
    assert isinstance(view, WhyView)
    return view


def opened(tab: EvaluateTab, bench: Workbench, qtbot) -> WhyView:
    bench.evaluation.choose_view("why")
    qtbot.waitUntil(lambda: why(tab).model.state == "done")
    return why(tab)


def last(engine: FakeEngine) -> Explain:
    return engine.asked(Explain)[-1]


def test_the_chosen_mistake_is_explained_in_the_usual_way(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    asked = last(engine)
    assert (asked.samples, asked.run, asked.method, asked.choice) == ([bench.evaluation.sample], "14", "GradCam", -1)
    assert asked.output == "label"
    over, plain = sorted(
        view.view.findChildren(RelevancePicture), key=lambda widget: widget.accessibleName() != "what counted"
    )
    assert over.isVisible() and plain.isVisible()
    assert view.bars.accessibleName().startswith("Answer: Coat")
    assert view.truth.whole_text() == "is Bag"
    assert view.facts.whole_text() == "layer conv2 · 0.03 s"
    assert "not what causes what" in view.limits.whole_text()
    assert view.legend.words() == ("did not count", "spoke for Coat +")


def test_ways_are_offered_with_reasons_and_another_one_is_asked(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    offered = {method.key: method.why_not for method in bench.evaluation.methods}
    assert list(offered) == ["GradCam", "IntegratedGradients", "Shap", "Lime", "Occlusion"]
    assert not any(offered.values())
    bench.evaluation.choose_method("IntegratedGradients")
    qtbot.waitUntil(lambda: view.model.explanation is not None and view.model.explanation.sums)
    assert last(engine).method == "IntegratedGradients"
    assert "explains 98 % of the difference" in view.facts.whole_text()
    assert view.legend.words()[0] == "− against"
    assert view.baseline.isVisible() and not view.layer.isVisible()
    count = len(engine.asked(Explain))
    bench.evaluation.choose_method("GradCam")
    qtbot.waitUntil(lambda: view.layer.isVisible())
    assert len(engine.asked(Explain)) == count  # it was answered before


def test_arrow_keys_go_through_the_list(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    answered = bench.evaluation.answered
    first = answered.sample(0).index
    bench.evaluation.choose_sample(first)
    assert view.previous.blocked_reason() and not view.next.blocked_reason()
    view.focus_first()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert answered.row_of(bench.evaluation.sample) == 1
    qtbot.waitUntil(lambda: last(engine).samples == [bench.evaluation.sample])
    assert view.card.note() == f"2 of {answered.total:,}"
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert bench.evaluation.sample == first
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert bench.evaluation.sample == first
    view.next.click()
    assert answered.row_of(bench.evaluation.sample) == 1


def test_another_answer_layer_and_baseline_can_be_explained(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    assert [view.choice.itemText(at) for at in range(view.choice.count())] == CLASSES
    view.choice.committed.emit(2)
    qtbot.waitUntil(lambda: view.legend.words()[1] == "spoke for Bag +")
    assert last(engine).choice == 2
    view.layer.committed.emit("conv1")
    qtbot.waitUntil(lambda: "conv1" in view.facts.whole_text())
    assert last(engine).settings == {"layer": "conv1"}
    bench.evaluation.choose_method("Occlusion")
    qtbot.waitUntil(lambda: view.baseline.isVisible())
    view.baseline.committed.emit("blurred")
    qtbot.waitUntil(lambda: last(engine).settings == {"baseline": "blurred"})
    view.step(1)
    qtbot.waitUntil(lambda: last(engine).samples == [bench.evaluation.sample])
    assert (last(engine).choice, last(engine).settings) == (-1, {"baseline": "blurred"})


def test_all_ways_stand_side_by_side(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    view.focus_first()
    qtbot.keyClick(view, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: len(view.comparison_cells()) == 5)
    assert view.compare.text().strip() == "One way"
    assert [request.method for request in engine.asked(Explain)[-4:]] == [
        "IntegratedGradients",
        "Shap",
        "Lime",
        "Occlusion",
    ]  # one after the other; Grad-CAM was there
    view.opacity.setValue(20)
    bench.evaluation.choose_method("Lime")
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.view)
    assert not view.compare.isChecked() and view.model.explanation.method == "Lime"


def test_what_cannot_be_explained_says_why_and_the_others_go_on(tab, bench, engine, qtbot):
    def script(request: Explain) -> Explained | RequestFailed:
        if request.method == "Shap":
            return RequestFailed(error=error("data", "No gradient flows.", hint="Choose LIME."))
        if request.method == "Lime":
            return Explained(run=14, explanations=[Explanation(method="Lime", problem="The file is gone.")])
        return explained(request)

    engine.answer_with(Explain, script)
    view = opened(tab, bench, qtbot)
    bench.evaluation.choose_method("Shap")
    qtbot.waitUntil(lambda: view.model.state == "failed")
    assert view.failure.isVisible() and "No gradient flows." in view.failure.accessibleName() + view.failure.text()
    bench.evaluation.choose_method("Lime")
    qtbot.waitUntil(lambda: view.model.explanation is not None and view.model.explanation.problem != "")
    assert view.failure.isVisible() and not view.bars.isVisible()
    view.compare.setChecked(True)
    qtbot.waitUntil(lambda: len(view.comparison_cells()) == 5)
    bench.evaluation.choose_method("GradCam")
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.view)
    assert not view.failure.isVisible() and view.bars.isVisible()


def test_a_slow_one_shows_its_progress_and_is_given_up(tab, bench, engine, qtbot):
    view = opened(tab, bench, qtbot)
    engine.answer_with(Explain, None)
    bench.evaluation.choose_method("Shap")
    qtbot.waitUntil(lambda: view.line.isVisible())
    engine.answer(last(engine).id, Progress(fraction=0.5, message="Explaining"))
    assert view.line.bar.value() == 500
    view.line.cancelled.emit()
    assert last(engine).id in engine.cancelled and not view.line.isVisible()
    bench.evaluation.choose_method("Occlusion")
    first = last(engine)
    view.step(1)
    assert first.id in engine.cancelled and last(engine).id != first.id  # an old question is not waited for


def test_a_table_network_offers_no_map(bench, engine, tmp_path, qtbot):
    from tests.gui.tab_states import one_run

    one_run(bench, tmp_path, RunLog, "penguins")
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1200, 800)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    why(tab)
    reasons = {method.key: method.why_not for method in bench.evaluation.methods}
    assert "table" in reasons["GradCam"] and not reasons["Shap"]
    assert bench.evaluation.method == "Shap"


def test_ways_follow_the_drawing(tab, bench, qtbot):
    opened(tab, bench, qtbot)
    convolutions = [node.id for node in bench.project.project.graph.nodes.values() if node.type == "Conv2d"]
    bench.project.do(Batch(title="Bypass", edits=(SetBypassed(ids=tuple(convolutions), bypassed=True),)))
    reasons = {method.key: method.why_not for method in bench.evaluation.methods}
    assert "needs a convolution" in reasons["GradCam"] and bench.evaluation.method != "GradCam"


def test_out_of_sight_the_drawing_is_walked_when_the_tab_comes_up(tab, bench, qtbot, monkeypatch):
    """Where it is edited nobody waits for the walk through a large one."""
    opened(tab, bench, qtbot)
    walks = []
    walk = why_module.Explainable
    monkeypatch.setattr(why_module, "Explainable", lambda project: walks.append(project) or walk(project))
    tab.hide()
    convolutions = [node.id for node in bench.project.project.graph.nodes.values() if node.type == "Conv2d"]
    bench.project.do(Batch(title="Bypass", edits=(SetBypassed(ids=tuple(convolutions), bypassed=True),)))
    assert not walks
    tab.show()
    reasons = {method.key: method.why_not for method in bench.evaluation.methods}
    assert walks and "needs a convolution" in reasons["GradCam"]


def test_what_counted_is_laid_over_the_mistakes(tab, bench, engine, qtbot):
    view = tab.view("mistakes")
    assert isinstance(view, MistakesView)
    panel = view.mistakes
    why(tab)  # offers the ways
    assert not engine.asked(Explain)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_O)
    assert panel.overlay.isChecked()
    sample = bench.evaluation.answered.sample(0)
    qtbot.waitUntil(lambda: panel.overlays.image(sample.index) is not None)
    asked = engine.asked(Explain)
    assert all(len(request.samples) <= 6 and request.method == "GradCam" for request in asked)
    assert sum(sample.index in request.samples for request in asked) == 1
    assert panel.overlays.image(sample.index).width() == 28
    bench.evaluation.choose_method("Shap")
    qtbot.waitUntil(lambda: last(engine).method == "Shap" and panel.overlays.image(sample.index) is not None)
    panel.overlay.setChecked(False)
    assert panel.overlays.image(sample.index) is None
