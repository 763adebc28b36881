"""The tab Design: palette at the left, canvas in the middle, inspector and problems at the right."""

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from engine.catalog.pretrained import Pretrained
from engine.checks.problem import Repair
from engine.document.edits import Change
from gui.design.areas import AreaKeys
from gui.design.block_stock import BlockStock
from gui.design.canvas.canvas import GraphCanvas
from gui.design.drawing.exporter import DrawingExporter
from gui.design.graph_edits import kind_named
from gui.design.inspector import Inspector
from gui.design.left_side import LeftSide
from gui.design.palette import Palette, card_picture
from gui.design.plane_card import PlaneCard
from gui.design.pretrained_dialog import PretrainedDialog
from gui.design.problems import HEADER_HEIGHT, Problems
from gui.design.step.light import StepLight
from gui.design.step.panel import StepPanel
from gui.models.block_shelf import BlockShelf
from gui.models.engine import Engine
from gui.models.layer_uses import LayerUses
from gui.models.own_code import OwnCodeModel
from gui.models.plane_look import PlaneLook
from gui.models.pretrained import PretrainedModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.models.settings import Settings
from gui.models.worked_step import WorkedStepModel
from gui.widgets.guarded import guarded

_PALETTE: Final = (226, 188)
_INSPECTOR: Final = (310, 268)
_NARROW: Final = 1300
"""Under this width the panels are narrower; both can be dragged shut."""


class DesignTab(QWidget):
    """Puts the panels together; they meet in the models."""

    said = Signal(str)
    """One line for the user."""

    def __init__(
        self,
        *,
        project: ProjectModel,
        selection: Selection,
        runs: RunsModel | None = None,
        settings: Settings | None = None,
        engine: Engine | None = None,
        worked: WorkedStepModel | None = None,
        look: PlaneLook | None = None,
    ) -> None:
        super().__init__()
        self.scope = scope = Scope(project, self)
        selection.follow(scope)
        uses = LayerUses(settings)
        shelf = self.shelf = BlockShelf(settings, self)
        self.palette_panel = Palette(scope, uses, BlockStock(scope, shelf))
        self.canvas = GraphCanvas(scope, selection, runs, uses=uses, shelf=shelf)
        self.canvas.live.follow(settings)
        self.plane = PlaneCard(self.canvas, project, look) if look is not None else None
        self.canvas.wheel.follow(settings)
        self.drawing = DrawingExporter(
            self.canvas.project, selection, self.canvas.geometry_store, settings, self.canvas
        )
        self.drawing.said.connect(self.said)
        self.canvas.export_requested.connect(self.export_drawing)
        self.canvas.print_requested.connect(self.print_drawing)
        self.own_code = OwnCodeModel(project, engine, self)
        self.pretrained = PretrainedModel(project, engine, self)
        self.pretrained.said.connect(self.said)
        # Queued: it may be asked in the midst of an edit.
        self.pretrained.asked.connect(self._on_pretrained_asked, Qt.ConnectionType.QueuedConnection)
        self.pretrained.changed.connect(self._on_pretrained_changed, Qt.ConnectionType.QueuedConnection)
        self.pretrained.drawn.connect(self.canvas.fit)
        self.pretrained_dialog: PretrainedDialog | None = None
        """The one that is open."""
        self.pretrained.offer_missing()  # a project may have been opened before this tab was made
        self.inspector = Inspector(scope, selection, self.own_code)
        self.inspector.node.start_weights.fetch_asked.connect(self.pretrained.want)
        self.inspector.node.weights.follow(self.canvas.live)
        self.problems = Problems(scope)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._right.addWidget(self.inspector)
        self._right.addWidget(self.problems)
        self._right.setCollapsible(0, False)
        self._right.setCollapsible(1, False)
        self._right.setStretchFactor(0, 1)
        self._right.setStretchFactor(1, 0)
        self.inspector.setMinimumHeight(160)
        self.problems.setMinimumHeight(HEADER_HEIGHT)
        self._across = QSplitter(Qt.Orientation.Horizontal)
        self._left = LeftSide(self.palette_panel, self.canvas, selection, self)
        self.outline = self._left.outline
        self.step_panel: StepPanel | None = None
        self.step_light: StepLight | None = None
        for widget in (self._left, self._middle(worked), self._right):
            self._across.addWidget(widget)
        self._across.setStretchFactor(0, 0)
        self._across.setStretchFactor(1, 1)
        self._across.setStretchFactor(2, 0)
        self._across.setCollapsible(1, False)
        for splitter in (self._across, self._right):
            splitter.setHandleWidth(0)  # the panels have a line at their edge already
            splitter.setChildrenCollapsible(splitter is self._across)
        self._left.setMinimumWidth(150)
        self._right.setMinimumWidth(230)
        self._dragged = False  # set when the user moves a handle: from then on widths are theirs
        self._across.splitterMoved.connect(self._on_dragged)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._across)
        self.palette_panel.layer_chosen.connect(self._on_layer_chosen)
        self.palette_panel.list.dragged.connect(self._on_layer_dragged)
        self.palette_panel.list.dropped.connect(self._on_layer_dropped)
        self.palette_panel.list.drag_cancelled.connect(self._on_drag_cancelled)
        self.ghost = QLabel(self)  # hangs at the pointer until the canvas draws the layer itself
        self.ghost.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.ghost.hide()
        self.canvas.inspect_requested.connect(self._on_inspect)
        self.problems.jumped.connect(self.canvas.blocks.reveal)
        self.inspector.summary.node_wanted.connect(self.reveal)
        self.inspector.block_commanded.connect(self.canvas.blocks.run)
        self.canvas.blocks.said.connect(self.said)
        self.palette_panel.blocks.said.connect(self.said)
        for panel in (self.problems, self.inspector):
            panel.repair_pointed.connect(self._on_repair_pointed)
        self.problems.folded_changed.connect(self._fit_problems)
        self.inspector.help_changed.connect(lambda page: self.setProperty("help", page))
        self.inspector.tidy_clicked.connect(self.canvas.tidy)
        self.inspector.delete_clicked.connect(lambda: self.canvas.commands.delete())
        scope.changed.connect(self._on_changed)
        scope.opened.connect(self._fit_problems)
        slash = QShortcut(QKeySequence("/"), self)
        slash.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        slash.activated.connect(self.palette_panel.focus_search)
        self.setTabOrder(self.palette_panel.search, self.palette_panel.list)
        self._left.put_into_tab_order(self.palette_panel.list, self.canvas)
        AreaKeys(
            self,
            (
                (self.palette_panel, self.palette_panel.focus_search),
                (self.outline, self.outline.focus_first),
                (self.canvas, self.focus_first),
                (self.inspector, self.inspector.focus_first),
                (self.problems, self.problems.focus_first),
            ),
        )

    def _middle(self, worked: WorkedStepModel | None) -> QWidget:
        """The canvas, and under it a training step in numbers where there is somebody to work one out."""
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        if worked is not None:
            self.step_panel = StepPanel(worked)
            self.step_light = StepLight(self.canvas, worked)
            column.addWidget(self.step_panel)
            self.canvas.offer_steps()
            self.canvas.step_requested.connect(lambda: self._show_step(worked))
        return middle

    def _show_step(self, worked: WorkedStepModel) -> None:
        reason = worked.reason_not_to_open()
        if reason and not worked.is_open:
            self.said.emit(reason)
        else:
            worked.open()

    def focus_first(self) -> None:
        """The canvas has the keyboard."""
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def reveal(self, flat_id: str) -> None:
        """Select a node, by its id in the flat form, and bring it into view."""
        self.canvas.blocks.reveal(flat_id)

    def find_node(self) -> None:
        """Open the box that finds a node."""
        self.canvas.find_node()

    def export_drawing(self) -> None:
        """Ask how and where, and write the drawing to a file."""
        self.drawing.ask()

    def print_drawing(self) -> None:
        """Ask which printer, and print the drawing."""
        self.drawing.ask_to_print()

    def show_step(self) -> None:
        """Show a training step in numbers, or say why none can be shown."""
        self.canvas.step_requested.emit()

    def show_problems(self) -> None:
        """Open the list of problems and go there."""
        self.problems.focus_first()

    @guarded(fallback=lambda _self: QSize(1000, 600))
    def minimumSizeHint(self) -> QSize:
        return QSize(640, 360)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._dragged:
            narrow = self.width() < _NARROW
            left, right = _PALETTE[narrow], _INSPECTOR[narrow]
            self._across.setSizes([left, max(320, self.width() - left - right - 2), right])
        self._fit_problems()

    def _on_dragged(self) -> None:
        self._dragged = True

    def begin_pretrained(self) -> None:
        """Draw the network anew, on the pretrained one that fits the data."""
        fitting = self.pretrained.fitting()
        if fitting is not None:
            self.pretrained.want(fitting, propose=True)

    def offer_missing(self) -> None:
        """Ask again for weights that the project begins with and that are not on this machine."""
        self.pretrained.offer_missing()

    def _on_pretrained_asked(self, pretrained: Pretrained) -> None:
        if self.pretrained.state == "idle" or self.pretrained_dialog is not None:
            return  # it was taken back meanwhile, or is asked already
        self.pretrained_dialog = PretrainedDialog(self.pretrained, pretrained, self)
        self.pretrained_dialog.finished.connect(self._on_pretrained_closed)
        self.pretrained_dialog.open()

    def _on_pretrained_closed(self) -> None:
        self.pretrained_dialog = None

    def _on_pretrained_changed(self) -> None:
        self.inspector.refresh()
        if self.pretrained.state == "idle":
            self.palette_panel.refill()

    def _on_layer_chosen(self, name: str) -> None:
        self.canvas.add_layer(name)

    def _on_layer_dragged(self, name: str, at: QPoint) -> None:
        over = self.canvas.mapFromGlobal(at)
        if self.canvas.rect().contains(over):
            self.ghost.hide()
            self.canvas.drag_layer(name, over)
            return
        self.canvas.cancel_gesture()
        if self.ghost.isHidden():
            brought = self.canvas.blocks.bring(name)
            kind = kind_named(brought.project, brought.name) if brought is not None else None
            if kind is None:
                return
            self.ghost.setPixmap(card_picture(kind, self.devicePixelRatioF()))
            self.ghost.adjustSize()
            self.ghost.raise_()
            self.ghost.show()
        self.ghost.move(self.mapFromGlobal(at) - self.ghost.rect().center())

    def _on_layer_dropped(self, name: str, at: QPoint) -> None:
        self.ghost.hide()
        over = self.canvas.mapFromGlobal(at)
        if self.canvas.rect().contains(over):
            self.canvas.drop_layer(name, over)
        else:
            self.canvas.cancel_gesture()

    def _on_drag_cancelled(self) -> None:
        self.ghost.hide()
        self.canvas.cancel_gesture()

    def _on_repair_pointed(self, repair: Repair | None) -> None:
        self.canvas.mending.preview(repair)

    def _on_inspect(self, _node_id: str) -> None:
        if not self._right.sizes() or self._across.sizes()[2] == 0:
            sizes = self._across.sizes()
            width = _INSPECTOR[self.width() < _NARROW]
            self._across.setSizes([sizes[0], max(320, sizes[1] - width), width])
        self.inspector.focus_first()

    def _on_changed(self, change: Change) -> None:
        if change.nodes or change.data:
            self._fit_problems()

    def _fit_problems(self) -> None:
        """Give the list of problems what it needs, up to half the height."""
        height = self._right.height()
        if height < 100:
            return
        wanted = min(self.problems.wanted_height(), height // 2)
        if self.problems.folded:
            self.problems.setMaximumHeight(HEADER_HEIGHT)
        else:
            self.problems.setMaximumHeight(16777215)
        self._right.setSizes([height - wanted, wanted])
