"""Smaller and faster, and the form of the file: formats measured and picked, what the drawing becomes."""

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.document.edits import SetAttributes
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.deployment import Export
from engine.protocol.messages.variants import GetVariants, MeasureVariants, VariantsMeasured
from gui.design.tab import DesignTab
from gui.models.settings import Settings
from gui.use.export_panel import proof_of
from gui.use.tab import UseTab
from gui.widgets.button import Button
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import exported, measured, one_run, use_tab


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    engine.answer_with(GetVariants, VariantsMeasured(run=14))
    engine.answer_with(MeasureVariants, measured())
    engine.answer_with(Export, lambda request: exported(request.to, request.precision))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def tab(bench, tmp_path, qtbot) -> UseTab:
    one_run(bench, tmp_path, RunLog)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1300, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    return tab


def test_before_it_is_measured_it_says_what_measuring_does(bench, engine, tab, qtbot):
    card = tab.variants
    qtbot.waitUntil(lambda: len(engine.asked(GetVariants)) >= 1)
    assert card.promise.isVisible() and card.measure.isVisible() and not card.table.isVisible()
    card.measure.click()
    qtbot.waitUntil(lambda: bench.variants.state == "done")
    assert card.shown_rows()[:3] == [
        ("float32", "6.8 MB", "94.1 %", "100 %", "0.41 ms", "1.0×"),
        ("float16", "3.4 MB", "94.1 %", "99.9 %", "0.40 ms", "1.0×"),
        ("int8 static", "1.8 MB", "93.9 %", "99.1 %", "0.19 ms", "2.2×"),
    ]
    assert "2,000 samples of the test split" in card.remark.whole_text() and "0.95 ms" in card.remark.whole_text()
    assert not card.promise.isVisible() and not card.measure.isVisible()
    card.again.click()
    qtbot.waitUntil(lambda: len(engine.asked(MeasureVariants)) == 2)
    assert engine.asked(MeasureVariants)[1].fresh


def test_what_was_measured_before_shows_at_once(bench, engine, tmp_path, qtbot):
    engine.answer_with(GetVariants, measured())
    one_run(bench, tmp_path, RunLog)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.show()
    qtbot.waitUntil(lambda: len(tab.variants.shown_rows()) == 4)
    assert not engine.asked(MeasureVariants)
    engine.answer_with(GetVariants, VariantsMeasured(run=14))
    tab.export.run.set_value("14")
    tab.export.run_chosen.emit("14")
    qtbot.waitUntil(lambda: not tab.variants.shown_rows())
    assert engine.asked(GetVariants)[-1].run == "14"


def test_a_row_is_what_export_writes(bench, engine, tab, tmp_path, qtbot):
    tab.variants.measure.click()
    qtbot.waitUntil(lambda: bench.variants.state == "done")
    table = tab.variants.table
    assert table.currentIndex().row() == 0, "float32 is chosen in Export"
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert tab.export.precision.value() == "float16"
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert (tab.export.precision.value(), tab.export.int8) == ("int8", "static")
    tab.export.contents.set_value("network")
    tab.export.graph.set_value(True)
    tab.export.export_to(tmp_path / "m.onnx")
    asked = engine.asked(Export)[-1]
    assert (asked.precision, asked.int8, asked.contents, asked.optimised) == ("int8", "static", "network", True)
    tab.export.precision.set_value("float32")
    tab.export.precision.committed.emit("float32")
    assert table.currentIndex().row() == 0 and tab.export.int8 == "auto"


def test_a_format_that_loses_too_much_says_so_and_cannot_be_picked(bench, engine, tab, qtbot):
    engine.answer_with(MeasureVariants, measured(refused="accuracy would fall from 94.1 % to 89.7 %"))
    tab.variants.measure.click()
    qtbot.waitUntil(lambda: bench.variants.state == "done")
    rows = tab.variants.rows
    assert not rows.flags(rows.index(3, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert "int8 dynamic cannot be exported: accuracy would fall" in tab.variants.remark.whole_text()


def test_measuring_can_be_stopped_and_a_failure_can_be_tried_again(bench, engine, tab, qtbot):
    card = tab.variants
    engine.answer_with(MeasureVariants, [Progress(fraction=0.4, message="float32: comparing", left_s=9)])
    card.measure.click()
    qtbot.waitUntil(lambda: card.line.text() == "float32: comparing")
    assert card.line.right_text() == "00:09 left"
    next(button for button in card.line.findChildren(Button)).click()
    qtbot.waitUntil(lambda: bench.variants.state == "idle")
    assert card.measure.isVisible() and not card.line.isVisible()
    engine.answer_with(MeasureVariants, RequestFailed(error=error("export", "It cannot be written.", "x", "Do so.")))
    card.measure.click()
    qtbot.waitUntil(lambda: card.failure.isVisible())
    assert card.failure.title() == "It cannot be written." and card.measure.text() == "Try again"


def test_another_project_forgets_the_figures(bench, engine, tab, tmp_path, qtbot):
    tab.variants.measure.click()
    qtbot.waitUntil(lambda: bench.variants.state == "done")
    engine.answer_with(GetVariants, VariantsMeasured(run=1))
    bench.project.opened.emit()
    assert bench.variants.result is None and not tab.variants.shown_rows()


# What the drawing becomes


def test_the_form_says_what_file_the_drawing_becomes(bench, tab, qtbot):
    line = tab.export.outlook
    qtbot.waitUntil(lambda: "opset 20" in line.whole_text())
    assert line.whole_text() == "Exports to ONNX opset 20: pixels uint8 N × height × width × channels → label, scores."
    tab.export.opset.set_value(13)
    tab.export.opset.committed.emit(13)
    assert "opset 13" in line.whole_text() and "must come prepared" in line.whole_text()
    tab.export.contents.set_value("network")
    tab.export.contents.committed.emit("network")
    assert line.whole_text().endswith("→ logits.")
    assert tab.export.opset.values() == list(range(13, 23))


def test_an_edit_that_keeps_it_from_onnx_is_told_in_export(bench, tab, qtbot):
    norm = next(node.id for node in bench.project.project.graph.nodes.values() if node.type == "BatchNorm2d")
    bench.project.do(SetAttributes(id=norm, attributes={"track_running_stats": False}))
    qtbot.waitUntil(lambda: "Cannot be exported" in tab.export.outlook.whole_text())
    assert f"'{norm}'" in tab.export.outlook.whole_text()


def test_the_node_where_a_file_parts_from_the_network_can_be_shown(bench, engine, tab, tmp_path, qtbot):
    node = next(iter(bench.project.project.graph.nodes))
    engine.answer_with(Export, RequestFailed(error=error("export", "It answers otherwise.", node, "Report it.")))
    tab.export.export_to(tmp_path / "x.onnx")
    qtbot.waitUntil(lambda: tab.export._show_node.isVisible())
    with qtbot.waitSignal(tab.node_wanted) as asked:
        tab.export._show_node.click()
    assert asked.args == [node]
    engine.answer_with(Export, RequestFailed(error=error("export", "No room.", "/x/y", "Free some.")))
    tab.export.export_to(tmp_path / "x.onnx")
    qtbot.waitUntil(lambda: tab.export.failure.title() == "No room.")
    assert not tab.export._show_node.isVisible(), "no node is meant"


def test_the_proof_tells_score_and_the_file_beside_it():
    made = exported("x.onnx", "float16")
    verified = msgspec.structs.replace(
        made.verified, score_name="accuracy", score=0.92, score_before=0.941, scored=1000
    )
    told = msgspec.structs.replace(
        made, verified=verified, precision="int8", int8="static", proof="/a/x.proof.json", contents="network"
    )
    rows = {words: (found, tone) for words, found, tone in proof_of(told)}
    assert rows["Accuracy on the test split, 1,000 samples"] == ("92.0 %, was 94.1 %", "warn")
    assert rows["Proof and samples"][0] == "x.proof.json"
    assert rows["Prepared numbers in"][0] == "the network's own numbers out"
    assert "Size of the file, static" in rows


# In Design


def test_design_says_what_file_the_network_becomes_and_shows_what_stands_in_the_way(bench, tmp_path, qtbot):
    one_run(bench, tmp_path, RunLog)
    design = DesignTab(
        project=bench.project,
        selection=bench.selection,
        runs=bench.runs,
        settings=bench.settings,
        engine=bench.engine,
    )
    qtbot.addWidget(design)
    design.resize(1300, 900)
    design.show()
    line = design.inspector.summary.outlook
    qtbot.waitUntil(lambda: "Exports to ONNX opset 20" in line.whole_text())
    norm = next(node.id for node in bench.project.project.graph.nodes.values() if node.type == "BatchNorm2d")
    bench.project.do(SetAttributes(id=norm, attributes={"track_running_stats": False}))
    qtbot.waitUntil(lambda: f"'{norm}'" in line.whole_text())
    design.inspector.summary.to_obstacle.click()
    assert bench.selection.nodes == {norm}
    header = design.problems._header.onnx
    qtbot.waitUntil(lambda: header.whole_text() == "not to ONNX")
    assert norm in header.toolTip(), "told also while a node is selected"
    bench.project.do(SetAttributes(id=norm, unset=("track_running_stats",)))
    qtbot.waitUntil(lambda: header.whole_text() == "exports to ONNX")
