"""The search of the canvas knows which layers the user picks, also after the next start."""

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.document.edits import RemoveNode
from gui.models.layer_uses import LayerUses
from gui.models.settings import Settings
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import residual_network, unlinked_network


def test_a_layer_that_is_picked_rises_in_the_search(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings")
    bench = CanvasBench(qtbot, tmp_path, unlinked_network(), uses=LayerUses(settings))
    hand = bench.hand
    hand.key(Qt.Key.Key_Tab)
    hand.type("pool")
    assert bench.canvas.adding.finder.keys()[0] == "MaxPool1d"
    hand.type("2d avg")
    assert bench.canvas.adding.finder.keys() == ["AvgPool2d", "AdaptiveAvgPool2d"]
    hand.key(Qt.Key.Key_Return)
    bench.selection.set_nodes(())
    hand.key(Qt.Key.Key_Tab)
    hand.type("pool")
    assert bench.canvas.adding.finder.keys()[0] == "AvgPool2d"
    hand.key(Qt.Key.Key_Escape)
    bench.close()
    settings.close()
    assert LayerUses(Settings(tmp_path / "settings")).picks == {"AvgPool2d": 1.0}


def test_a_layer_dropped_or_added_by_its_letter_counts_too(qtbot: QtBot, tmp_path: Path) -> None:
    uses = LayerUses()
    bench = CanvasBench(qtbot, tmp_path, residual_network(), uses=uses)
    bench.hand.drop_layer("Dropout", bench.hand.point(960, 500))
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Qt.Key.Key_R)
    assert uses.picks == {"Dropout": 1.0, "ReLU": 1.0}
    bench.close()


def test_keys_the_search_has_no_use_for_do_nothing_behind_it(qtbot: QtBot, tmp_path: Path) -> None:
    bench = CanvasBench(qtbot, tmp_path, residual_network())
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Qt.Key.Key_Tab)
    for key in (Qt.Key.Key_D, Qt.Key.Key_B, Qt.Key.Key_K):
        bench.hand.key(key, Qt.KeyboardModifier.ControlModifier)
    bench.hand.key(Qt.Key.Key_F2)
    assert bench.model.history.count() == 0
    assert bench.canvas.adding.finder.isVisible() and bench.canvas.card_editor.editing is None
    bench.close()


def test_a_node_that_goes_while_the_search_is_open_is_no_disaster(qtbot: QtBot, tmp_path: Path) -> None:
    bench = CanvasBench(qtbot, tmp_path, residual_network())
    bench.canvas.adding.open_for_link(bench.canvas.pointer_for_keys(), ("relu1", "input"))
    bench.model.do(RemoveNode(id="bn1"))
    bench.hand.type("dropout")
    bench.hand.key(Qt.Key.Key_Return)
    assert len(bench.refused) == 1 and "bn1" in str(bench.refused[0])
    bench.close()


def test_old_habits_fade_and_nonsense_in_the_file_is_passed_over(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.update(layer_uses={"LSTM": -3.0, "GRU": 2.0})
    uses = LayerUses(settings)
    assert uses.picks == {"GRU": 2.0}
    for _ in range(199):
        uses.picked("ReLU")
    assert uses.picks["ReLU"] < 110 and uses.picks["GRU"] == 1.0
    settings.close()
