"""What goes on inside, in the window: nodes and channels, heads, units, a map of samples, by mouse and keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.insides import (
    AttentionMap,
    AttentionRead,
    GetAttention,
    GetInsides,
    GetNeurons,
    InsidesRead,
    LatentMapped,
    MapLatent,
    NeuronLayer,
    NeuronsRead,
    NodeSeen,
)
from gui.charts.map_grid import MapGrid
from gui.charts.neuron_graph import NeuronGraph, UnitLayer
from gui.charts.point_map import PointMap
from gui.charts.value_colors import value_color
from gui.charts.value_matrix import ValueMatrix
from gui.evaluate.tab import EvaluateTab
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.answered_scene import Listing, of_categories, scripted_answers
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import evaluate_tab, scores_of, scripted_data, two_runs


def floats(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


def insides(request: GetInsides) -> InsidesRead:
    nodes = [
        NodeSeen(node="picture", title="picture", type="Input", family="data", shape=[1, 4, 4]),
        NodeSeen(node="conv1", title="conv1", type="Conv2d", family="convolution", shape=[40, 4, 4], zeros=0.25),
        NodeSeen(node="scores", title="scores", type="Linear", family="linear", shape=[3], finite=False),
    ]
    node = request.node or "conv1"
    if node == "scores":
        return InsidesRead(
            index=request.index, node=node, nodes=nodes, form="numbers", width=3, total=3,
            values=floats(0.5, -1, 2), names=["shirt", "coat", "bag"],
        )  # fmt: skip
    total = 40 if node == "conv1" else 1
    count = min(request.limit, total - request.first)
    maps = np.arange(count * 16, dtype="<f4") - 20 + request.first
    return InsidesRead(
        index=request.index, node=node, nodes=nodes, form="maps", values=maps.tobytes(), channels=count, height=4,
        width=4, first=request.first, total=total,
    )  # fmt: skip


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    scripted_answers(engine, Listing(of_categories(scores_of(14))))
    engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), split=request.split))
    engine.answer_with(GetInsides, insides)
    return engine


@pytest.fixture
def tab(tmp_path, engine, qtbot):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    two_runs(bench, tmp_path, RunLog)
    tab = evaluate_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    qtbot.waitUntil(lambda: bench.evaluation.state == "done")
    qtbot.waitUntil(lambda: bench.evaluation.answered.state == "ready")
    yield tab
    bench.shut_down()


def opened(tab: EvaluateTab, key: str, qtbot):
    view = tab.view(key)
    view.context.evaluation.choose_view(key)
    qtbot.waitUntil(lambda: view.isVisible())
    return view


def test_the_nodes_and_their_channels(tab, engine, qtbot):
    view = opened(tab, "feature_maps", qtbot)
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.page)
    assert [view.nodes.item(row).text() for row in range(view.nodes.count())] == ["picture", "conv1", "scores"]
    assert view.nodes.current_key() == "conv1" and "25% zeros" in view.facts.whole_text()
    assert view.channels.whole_text() == "channels 1–32 of 40" and view.earlier.blocked_reason()
    qtbot.mouseClick(view.later, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.channels.whole_text() == "channels 33–40 of 40")
    assert view.later.blocked_reason() and not view.earlier.blocked_reason()
    qtbot.keyClick(view.nodes, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: engine.asked(GetInsides)[-1].node == "scores")
    qtbot.waitUntil(lambda: view.forms.currentWidget() is view.bars)
    assert "infinite or undefined" in view.facts.whole_text()
    assert "coat -1" in view.bars.accessibleDescription()


def test_arrow_keys_go_through_the_listed_samples(tab, engine, qtbot):
    view = opened(tab, "feature_maps", qtbot)
    evaluation = view.context.evaluation
    qtbot.waitUntil(lambda: evaluation.sample is not None)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: view.steps.row >= 0)
    first, row = evaluation.sample, view.steps.row
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: evaluation.sample != first)
    assert engine.asked(GetInsides)[-1].index == evaluation.sample
    assert view.card.note().startswith(f"{row + 2} of ")
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: evaluation.sample == first)
    while view.steps.row > 0:
        qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert view.previous.blocked_reason() == "This is the first of the list."


def test_a_failure_is_told_and_asked_again(tab, engine, qtbot):
    engine.answer_with(
        GetInsides, lambda request: RequestFailed(error=error("data", "The file is gone.", hint="Bring it back."))
    )
    view = opened(tab, "feature_maps", qtbot)
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view._failed)
    assert view.failure.title() == "The file is gone."
    engine.answer_with(GetInsides, insides)
    view.question.ask_again()
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.page)


def test_progress_is_shown_while_it_waits(tab, engine, qtbot):
    engine.answer_with(MapLatent, lambda request: None)
    view = opened(tab, "latent", qtbot)
    qtbot.waitUntil(lambda: view.question.state == "working")
    assert not view.line.isHidden()
    request = engine.asked(MapLatent)[-1]
    view.question._on_progress(Progress(request=request.id, fraction=0.4, message="Drawing the map"))
    view.line.cancelled.emit()
    assert view.question.state == "idle" and view.line.isHidden()


def test_a_network_without_attention_says_so(tab, qtbot):
    view = tab.view("attention")
    evaluation = view.context.evaluation
    assert view.why_not(evaluation.result, evaluation.output) == "The network has no attention layer."


def test_heads_and_who_looks_at_whom(tab, engine, qtbot, monkeypatch):
    weights = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.0, 1.0]]], "<f4")
    item = AttentionMap(
        node="encoder", title="encoder", part="", heads=2, queries=2, keys=2, weights=weights.tobytes(),
        query_words=["good", "film"], key_words=["good", "film"],
    )  # fmt: skip
    engine.answer_with(GetAttention, lambda request: AttentionRead(index=request.index, maps=[item]))
    view = tab.view("attention")
    monkeypatch.setattr(type(view), "why_not", lambda *_: "")
    opened(tab, "attention", qtbot)
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.page)
    assert view.matrix.words_at(0, 1) == "good · film: 0.3"
    qtbot.mouseClick(view.heads, Qt.MouseButton.LeftButton, pos=view.heads.rect_of(2).center())
    assert view.matrix.words_at(1, 1) == "film · film: 1"
    qtbot.keyClick(view.heads, Qt.Key.Key_Left)
    assert view.matrix.words_at(0, 1) == "good · film: 0.1"


def test_units_say_how_their_value_is_made(tab, engine, qtbot, monkeypatch):
    layers = [
        NeuronLayer(node="columns", title="columns", type="Input", family="data", values=[2, 3], names=["a", "b"]),
        NeuronLayer(
            node="hidden", title="hidden", type="Linear", family="linear", values=[8.5], source=0,
            weights=floats(1, 2), biases=[0.5],
        ),
        NeuronLayer(node="relu", title="relu", type="ReLU", family="activation", values=[8.5], source=1),
    ]  # fmt: skip
    engine.answer_with(GetNeurons, lambda request: NeuronsRead(index=request.index, layers=layers))
    view = tab.view("neurons")
    monkeypatch.setattr(type(view), "why_not", lambda *_: "")
    opened(tab, "neurons", qtbot)
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.page)
    qtbot.mouseClick(view.graph, Qt.MouseButton.LeftButton, pos=view.graph.place(1, 0).toPoint())
    assert view.sum.whole_text() == "hidden[0] = 1 × 2 + 2 × 3 + bias 0.5 = 8.5"
    qtbot.keyClick(view.graph, Qt.Key.Key_Right)
    assert view.sum.whole_text() == "relu[0] = ReLU(hidden[0] = 8.5) = 8.5"


def test_large_networks_are_refused_in_words(tab, engine, qtbot, monkeypatch):
    engine.answer_with(GetNeurons, lambda request: NeuronsRead(index=request.index, refusal="It has many layers."))
    view = tab.view("neurons")
    monkeypatch.setattr(type(view), "why_not", lambda *_: "")
    opened(tab, "neurons", qtbot)
    qtbot.waitUntil(lambda: view.empty.hint() == "It has many layers.")


def latent(request: MapLatent) -> LatentMapped:
    return LatentMapped(
        node=request.node or "hidden",
        method=request.method,
        indices=np.array([7, 8, 9], "<i4").tobytes(),
        points=floats(0, 0, 1, 0, 0, 1),
        classes=["shirt", "coat"],
        groups=np.array([0, 1, 1], "<i2").tobytes(),
        answers=np.array([0, 1, 0], "<i2").tobytes(),
        nodes=[("conv1", "conv1", 100), ("hidden", "hidden", 8)],
        shares=[0.5, 0.25],
    )


def test_a_point_of_the_map_leads_to_its_sample(tab, engine, qtbot):
    engine.answer_with(MapLatent, latent)
    view = opened(tab, "latent", qtbot)
    qtbot.waitUntil(lambda: view.stack.currentWidget() is view.page)
    x, y = view.map.places()[2]
    assert view.map.at(QPointF(x, y)) == 2
    qtbot.mouseClick(view.map, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert view.context.evaluation.sample == 9 and view.facts.whole_text() == "Sample 9"
    assert view.map.accessibleDescription() == "is coat, taken for shirt"
    qtbot.mouseClick(view.open, Qt.MouseButton.LeftButton)
    assert view.context.evaluation.view == "mistakes"


def test_another_node_and_another_way_are_asked_for(tab, engine, qtbot):
    engine.answer_with(MapLatent, latent)
    view = opened(tab, "latent", qtbot)
    qtbot.waitUntil(lambda: view.node.count() == 2)
    view.method.committed.emit("umap")
    qtbot.waitUntil(lambda: engine.asked(MapLatent)[-1].method == "umap")
    view.node.committed.emit("conv1")
    qtbot.waitUntil(lambda: engine.asked(MapLatent)[-1].node == "conv1")


def test_a_class_can_be_hidden(tab, engine, qtbot):
    engine.answer_with(MapLatent, latent)
    view = opened(tab, "latent", qtbot)
    qtbot.waitUntil(lambda: view.classes.count() == 2)
    row = view.classes.visualItemRect(view.classes.item(1)).center()
    qtbot.mouseClick(view.classes.viewport(), Qt.MouseButton.LeftButton, pos=row)
    x, y = view.map.places()[1]
    assert view.map.at(QPointF(x, y)) != 1


# -- the charts by themselves -----------------------------------------------------------------------------------------


def test_maps_are_picked_by_mouse_and_keys(qtbot):
    grid = MapGrid()
    qtbot.addWidget(grid)
    grid.resize(400, 300)
    grid.set_maps(np.zeros((6, 8, 8), np.float32), [str(n) for n in range(6)])
    grid.show()
    with qtbot.waitSignal(grid.picked) as told:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.rect_of(2).center())
    assert told.args == [2]
    with qtbot.waitSignal(grid.picked) as told:
        qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert told.args == [3]
    assert not grid.grab().toImage().isNull()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_values_below_and_above_zero_have_colours_of_their_own(qapp, theme):
    apply_theme(qapp, theme)
    above, nothing, below = (value_color(value, -1, 1) for value in (1, 0, -1))
    assert above.red() > above.blue() and below.blue() > below.red()
    assert nothing not in (above, below)
    apply_theme(qapp, "dark")


def test_values_that_are_none_are_drawn(qtbot):
    matrix = ValueMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(200, 200)
    matrix.set_values(np.array([[np.nan, 1], [np.inf, -2]], np.float32), rows=["a", "b"], columns=["c", "d"])
    assert not matrix.grab().toImage().isNull()
    with qtbot.waitSignal(matrix.row_picked):
        qtbot.keyClick(matrix, Qt.Key.Key_Down)


def test_points_move_zoom_and_fit(qtbot):
    chart = PointMap()
    qtbot.addWidget(chart)
    chart.resize(400, 300)
    chart.set_points(np.eye(2), np.array([0, 1]), [], words=["a", "b"])
    chart.show()
    before = chart.places().copy()
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(chart, QPoint(230, 150))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(230, 150))
    qtbot.keyClick(chart, Qt.Key.Key_F)
    assert np.allclose(chart.places(), before)
    with qtbot.waitSignal(chart.picked):
        qtbot.keyClick(chart, Qt.Key.Key_Right)


def test_a_layer_of_many_units_is_drawn(qtbot):
    graph = NeuronGraph()
    qtbot.addWidget(graph)
    graph.resize(500, 400)
    first = UnitLayer(title="in", kind="Input", family="data", values=tuple([0.5] * 48))
    weights = np.ones((48, 48), np.float32)
    second = UnitLayer(title="out", kind="Linear", family="linear", values=tuple([1.0] * 48), source=0, weights=weights)
    graph.set_layers([first, second])
    graph.choose(1, 5)
    assert "42 smaller terms" in graph.words
    assert not graph.grab().toImage().isNull()
