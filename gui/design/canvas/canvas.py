"""The canvas of the tab Design: shows the graph and turns mouse, wheel and keys into gestures, commands and views."""

from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from engine.document.edits import Edit
from engine.document.graph import InputKey
from gui.design.canvas import walk
from gui.design.canvas.accessible import make_accessible
from gui.design.canvas.adding import LayerAdder
from gui.design.canvas.bars import Breadcrumb, ZoomBar
from gui.design.canvas.block_tools import BlockTools
from gui.design.canvas.commands import NUDGE, GraphCommands
from gui.design.canvas.costs import CostView
from gui.design.canvas.finder import WIDTH as FINDER_WIDTH
from gui.design.canvas.finder import Finder, Offer
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.gestures.band import Band
from gui.design.canvas.gestures.connect import ConnectPorts, paint_dangling
from gui.design.canvas.gestures.cut import Cut
from gui.design.canvas.gestures.drop import DropLayer
from gui.design.canvas.gestures.gesture import Gesture, Pointer, on_screen
from gui.design.canvas.gestures.lasso import Lasso
from gui.design.canvas.gestures.move import Move
from gui.design.canvas.gestures.pan import Pan
from gui.design.canvas.gestures.reroute import Reroute
from gui.design.canvas.hit import NOTHING, Hit, Kind, hit
from gui.design.canvas.inline import TITLE, CardEditor, CardHover, field_at
from gui.design.canvas.keys import ZOOM_STEP, command_for
from gui.design.canvas.layer import GraphLayer
from gui.design.canvas.link_points import LinkPoints
from gui.design.canvas.linking import LinkFinder
from gui.design.canvas.live import LivePictures
from gui.design.canvas.mark_tools import MarkTools
from gui.design.canvas.marks import Marks, encloses, surrounding
from gui.design.canvas.mending import Mending
from gui.design.canvas.menu import CanvasMenu
from gui.design.canvas.minimap import Minimap
from gui.design.canvas.painter import GraphPainter, draw_grid
from gui.design.canvas.scene import Scene
from gui.design.canvas.sprites import BRIEF_BELOW
from gui.design.canvas.tidying import Tidier
from gui.design.canvas.viewport import Box, Viewport
from gui.design.canvas.wheel import Wheel
from gui.design.canvas.words import selection_words, words_at
from gui.design.graph_edits import Loose
from gui.design.reading_order import reading_order
from gui.models.block_shelf import BlockShelf
from gui.models.layer_uses import LayerUses
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_HELP = "Tab adds a layer, arrow keys walk along the links, Enter opens the settings."

_REFINE_AFTER_MS = 12
_SHARPEN_AFTER_MS = 90
_REMEMBER_AFTER_MS = 800
_EDGE_PX = 28
_CLEAR = 10
_TITLE_PX = 16
_PAN_PX = 14

_Modifier = Qt.KeyboardModifier
_Key = Qt.Key


class GraphCanvas(QWidget):
    """One widget painted from arrays; gestures, commands and the scene are objects of their own."""

    inspect_requested = Signal(str)
    """Node id: Enter or a double click asks for its settings."""
    export_requested = Signal()
    print_requested = Signal()
    step_requested = Signal()
    """A training step is to be shown in numbers."""

    def __init__(
        self,
        project: ProjectModel | Scope,
        selection: Selection,
        runs: RunsModel | None = None,
        parent: QWidget | None = None,
        *,
        uses: LayerUses | None = None,
        shelf: BlockShelf | None = None,
    ) -> None:
        super().__init__(parent)
        self.wheel = Wheel(self)  # first: Qt sends events while the rest is made
        self.setObjectName("design.canvas")
        self.setAccessibleName("Network")
        self.setAccessibleDescription(_HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 240)
        scope = Scope.of(project)
        self._project = scope
        self._selection = selection
        selection.follow(scope)
        self._view = Viewport()
        self._scene = Scene(scope, selection, runs, self)
        self._scene.at_hand = lambda: self._gesture is not None
        self._scene.in_view = lambda: self._view.visible(self.width(), self.height())
        self._scene.zoom = lambda: self._view.zoom
        self._painter = GraphPainter(self._scene.geometry, self._scene.link_text, self._scene.marks)
        self._layer = GraphLayer()
        self.commands = GraphCommands(scope, selection, self._scene.geometry)
        self.overlays: list[Callable[[QPainter], None]] = []
        """What others draw over the still picture, in widget pixels."""
        self._walked_through = False
        self._gesture: Gesture | None = None
        self._last = Pointer(0, 0, 0, 0)
        self._hover: Hit = NOTHING
        self._link: InputKey | None = None  # the link that was clicked; Delete removes it
        self._unfinished = False  # the last drawing left something for the next one
        self._space = False  # Space is held; it pans when the mouse is dragged, and searches when it is not
        self._space_used = False
        self._lasso_armed = False  # the next drag on empty canvas draws a lasso; cleared by it, and by Escape
        self._walked = ""  # the node the arrow keys came to last
        self._pressed_right: Pointer | None = None
        self._fit_pending = True  # set until the canvas is shown and has a size to fit the graph into
        self._fitted = False  # set by fitting, cleared when the user looks elsewhere: a resize fits again
        self._refine = self._after(_REFINE_AFTER_MS, self._on_refine)
        self._sharpen = self._after(_SHARPEN_AFTER_MS, self._on_sharpen)
        self._remember = self._after(_REMEMBER_AFTER_MS, self._on_remember)
        self._edge_timer = QTimer(self)
        self._edge_timer.setInterval(16)
        self._edge_timer.timeout.connect(self._on_edge)
        self._minimap = Minimap(self._scene.geometry, self, self._scene.marks)
        self._minimap.jumped.connect(self.center_on)
        self._minimap.let_go.connect(self._show_map)
        self._bar = ZoomBar(self)
        self._bar.zoomed.connect(self._on_bar_zoomed)
        self._bar.fit_clicked.connect(self.fit)
        self._bar.tidy_clicked.connect(lambda: self.tidy())
        self._bar.step_clicked.connect(self.step_requested)
        self._path = Breadcrumb(self)
        self._path.chosen.connect(self._on_path_chosen)
        scope.leaving.connect(self._on_leaving)
        scope.changed.connect(self._on_changed_meanwhile)
        scope.changed.connect(self._show_path)
        self.empty_state = EmptyState(
            "network",
            "Draw a network",
            "Drag a layer from the list at the left, or press Tab to search for one. "
            "Drop pictures or a table on the window, and a network that fits them is proposed.",
            parent=self,
        )
        self.empty_state.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.blocks: BlockTools = BlockTools(self, shelf if shelf is not None else BlockShelf(parent=self))
        self.adding = LayerAdder(self, uses if uses is not None else LayerUses())
        self.linking = LinkFinder(self)
        self.tidier = Tidier(self)
        self.costs = CostView(self)
        self.mending = Mending(self)
        self.mark_tools = MarkTools(self)
        self.link_points = LinkPoints(self)
        self.card_editor = CardEditor(self)
        self.card_hover = CardHover(self, self.card_editor)
        self.find_box = Finder("design.find", "Find a node", self)
        self.find_box.picked.connect(self.blocks.show_found)
        self.find_box.highlighted.connect(self._on_found)
        selection.changed.connect(self._describe)
        make_accessible(self)
        self.live = LivePictures(scope, runs, self)
        self.live.changed.connect(self._on_live)
        self._painter.live = self.live
        self._scene.refreshed.connect(self._on_refreshed)
        self._scene.reloaded.connect(self._on_reloaded)
        theme_notifier().changed.connect(self._on_theme_changed)
        self._on_reloaded()

    # What gestures use.

    @property
    def project(self) -> Scope:
        """The graph that is edited."""
        return self._project

    @property
    def selection(self) -> Selection:
        """The selection shared with the panels."""
        return self._selection

    @property
    def geometry_store(self) -> Geometry:
        """Where everything lies; `geometry()` is Qt's, the frame of the widget."""
        return self._scene.geometry

    @property
    def marks(self) -> Marks:
        """Frames and notes, as they are drawn."""
        return self._scene.marks

    @property
    def selected_link(self) -> InputKey | None:
        """The link that was clicked or walked to."""
        return self._link

    @property
    def hovered_link(self) -> InputKey | None:
        """The link under the pointer."""
        return self._hover.link

    @property
    def scene(self) -> Scene:
        """The drawn graph."""
        return self._scene

    @property
    def graph_painter(self) -> GraphPainter:
        """Draws parts of the graph."""
        return self._painter

    @property
    def view(self) -> Viewport:
        """Zoom and place."""
        return self._view

    @property
    def gesture(self) -> Gesture | None:
        """The gesture that is going on."""
        return self._gesture

    @property
    def settled(self) -> bool:
        """Whether the picture is as sharp as it gets; for screenshots."""
        return not (self._unfinished or self._layer.stale or self._sharpen.isActive() or self.tidier.busy)

    def frame(self) -> QRectF:
        """The widget, in its own pixels."""
        return QRectF(self.rect())

    def do(self, edit: Edit | None) -> bool:
        """Apply an edit."""
        return self.commands.do(edit)

    def redraw(self, boxes: list[Box] | None) -> None:
        """These boxes of the still picture look different now; None: all of it."""
        if boxes is None:
            self._layer.invalidate()
            self.update()
            return
        for box in boxes:
            self.update(self._layer.invalidate_rect(on_screen(self._view, box)))

    def redraw_overlay(self, rect: QRectF | None) -> None:
        """This part is painted again, None: all; the still picture stays."""
        if rect is None:
            self.update()
        else:
            self.update(rect.toAlignedRect())

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture by pixels."""
        moved_x, moved_y = self._view.pan(dx, dy)
        if not moved_x and not moved_y:
            return
        self._layer.scroll(moved_x, moved_y)
        self._on_view_changed()
        self.update()

    # Views.

    def zoom_to(self, zoom: float, x: float | None = None, y: float | None = None) -> None:
        """Change the zoom about a point of the widget, its middle when none is given."""
        at_x = self.width() / 2 if x is None else x
        at_y = self.height() / 2 if y is None else y
        if not self._view.zoom_about(at_x, at_y, zoom):
            return
        self._painter.moving = True
        self._sharpen.start()
        self._after_jump()

    def fit(self) -> None:
        """Show all nodes."""
        self._fit(None)

    def fit_selection(self) -> None:
        """Show the selected nodes, all when none is."""
        rows = self.geometry_store.rows(self._selection.nodes)
        self._fit(rows if len(rows) or self._selection.marks else None)

    def center_on(self, x: float, y: float) -> None:
        """Bring a canvas point into the middle."""
        self._view.center_on(x, y, self.width(), self.height())
        self._after_jump()

    def reveal(self, node_id: str, keep: Iterable[str] = ()) -> None:
        """Select a node, and those to keep, and bring it into view."""
        if node_id in self.marks:
            self.mark_tools.reveal(node_id)
            return
        row = self.geometry_store.row_of.get(node_id)
        if row is None:
            return
        self._selection.set_nodes({node_id, *keep})
        self.show_rows(np.array([row]))
        self.setFocus()

    def tidy(self, *, downwards: bool = False) -> None:
        """Arrange the graph, or the selection when several nodes are selected, and show it soon."""
        self.tidier.start(downwards=downwards)

    def look_at(self, state: tuple[float, float, float], *, arrived: bool = False) -> None:
        """Show another zoom and place, as a step of a movement or as the end of one."""
        fitted = self._fitted
        self._painter.moving = not arrived
        self._view.set_state(state)
        self._after_jump()
        self._fitted = fitted

    def keep_clear(self, clear: bool) -> None:
        """While the network is walked through all of it is to be seen: the small map is away."""
        if clear != self._walked_through:
            self._walked_through = clear
            self._place_overlays()

    def offer_steps(self) -> None:
        """Show the button for a step in numbers: there is somebody who can show one."""
        self._bar.step.show()
        self._place_overlays()

    def find_node(self) -> None:
        """Open the box that finds a node by name, type or settings."""
        at = QPoint((self.width() - FINDER_WIDTH) // 2, 16)
        self.find_box.ask(
            self._nodes_matching, at, prompt="Find a node", nothing=lambda _text: "No node is called that."
        )

    def _fit(self, rows: np.ndarray | None) -> None:
        geometry = self.geometry_store
        nodes = geometry.drawn_extent() if rows is None else geometry.extent(rows)
        marks = self.marks.extent(None if rows is None else self._selection.marks)
        extent = surrounding(box for box in (nodes, marks) if box is not None)
        if not self.isVisible():
            self._fit_pending = True
            return
        self._fit_pending = False
        if extent is None:
            self._view.zoom = 1.0
            self._view.center_on(0, 0, self.width(), self.height())
        else:
            top = self._path.geometry().bottom() + _CLEAR + _TITLE_PX  # a frame's title stands above it
            bottom = self.height() - self._bar.y() + _CLEAR
            self._view.fit(extent, self.width(), self.height(), margin=28, top=top, bottom=bottom)
        self._after_jump()
        self._fitted = rows is None

    def show_rows(self, rows: np.ndarray) -> None:
        """Bring nodes into view with as little movement as possible."""
        extent = self.geometry_store.extent(rows)
        if extent is not None:
            self.show_box(extent)

    def show_box(self, extent: Box) -> None:
        """Bring a box of the canvas into view with as little movement as possible."""
        if self._view.zoom < 0.4:
            self._view.zoom = 0.8
            self._view.center_on((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2, self.width(), self.height())
            self._after_jump()
            return
        left, top = self._view.to_screen(extent[0], extent[1])
        right, bottom = self._view.to_screen(extent[2], extent[3])
        margin = 40.0
        dx = margin - left if left < margin else min(0.0, self.width() - margin - right)
        dy = margin - top if top < margin else min(0.0, self.height() - margin - bottom)
        self.pan_by(dx, dy)

    def _after_jump(self) -> None:
        self._layer.invalidate()
        self._on_view_changed()
        self.update()

    def _on_view_changed(self) -> None:
        self._fitted = False
        self._bar.set_zoom(self._view.zoom)
        self._minimap.set_view(self._view.visible(self.width(), self.height()))
        self._show_map()
        self.mark_tools.editor.follow()
        self._remember.start()
        self._hover = NOTHING
        self.card_hover.forget()
        self.card_editor.place()

    def _on_remember(self) -> None:
        """Keep the view with the project. It goes to disk with the next edit: looking around changes no file."""
        if self._project.directory is None or self._fit_pending:
            return
        center = self._view.center(self.width(), self.height())
        old = self._project.project.view
        kept = (round(center[0], 1), round(center[1], 1))
        self._project.project.view = msgspec.structs.replace(old, zoom=round(self._view.zoom, 4), center=kept)

    # Painting.

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self._view.ratio
        self._layer.resize(self.size(), ratio)
        self._painter.incomplete = False
        incomplete: list[bool] = []
        self.costs.glow.refresh()

        def draw(painter: QPainter, rect: QRect) -> None:
            left, top = self._view.to_canvas(rect.left() - 2, rect.top() - 2)
            right, bottom = self._view.to_canvas(rect.right() + 3, rect.bottom() + 3)
            box = (left, top, right, bottom)
            draw_grid(painter, self._view, box)
            self.costs.glow.draw_light(painter, self._view, box)
            self._painter.draw(painter, self._view, box)
            self.costs.glow.draw_tags(painter, self._view, box)
            incomplete.append(self._painter.incomplete)

        self._layer.bring_up_to_date(current_theme().color("background"), draw)
        with QPainter(self) as painter:
            self._layer.show(painter, event.rect())
            self._paint_overlay(painter)
        if incomplete:
            self._unfinished = any(incomplete)
        if self._unfinished and not self._painter.moving:
            self._refine.start()

    def _paint_overlay(self, painter: QPainter) -> None:
        theme = current_theme()
        geometry = self.geometry_store
        for key, token, width in ((self._hover.link, "accent", 2.4), (self._link, "accent", 3.0)):
            row = geometry.link_of.get(key) if key is not None else None
            if row is not None and self._gesture is None:
                self._painter.stroke(painter, self._view, np.array([row]), theme.color(token), width)
        if (
            self._gesture is None
            and self._hover.kind in (Kind.INPUT, Kind.OUTPUT)
            and self._hover.node in geometry.row_of
        ):
            output = self._hover.kind is Kind.OUTPUT
            point = (geometry.output_point if output else geometry.input_point)(self._hover.node, self._hover.port)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = max(8.0 * self._view.zoom, 6.0)
            painter.drawEllipse(QPointF(*self._view.to_screen(*point)), radius, radius)
        for key in dict.fromkeys((self._link, self._hover.link)):
            self.link_points.paint(painter, key)
        for paint in self.overlays:
            paint(painter)
        if self._gesture is None:
            self.card_hover.paint(painter)
            self.mending.paint(painter)
        if self._gesture is not None:
            self._gesture.paint(painter)
        elif self.adding.dangling is not None:
            loose, pointer = self.adding.dangling
            if loose.node in geometry.row_of:
                point = (geometry.output_point if loose.forward else geometry.input_point)(loose.node, loose.port)
                end = (pointer.x, pointer.y)
                downwards = geometry.downwards
                paint_dangling(painter, self._view, point, end, forward=loose.forward, downwards=downwards)
        if self.hasFocus() and self._focus_by_key:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    _focus_by_key = False  # set by focusInEvent: a ring is shown to those who came with the keyboard

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._focus_by_key = event.reason() in keys
        self.update()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self.update()

    def _match_screen(self) -> None:
        """Take over the device pixels of the screen the canvas is on."""
        if self._view.set_ratio(self.devicePixelRatioF()):
            self._painter.sprites.clear()
            self._layer.invalidate()

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._match_screen()
        self._place_overlays()
        if self._fit_pending:
            self._first_view()
        elif self._fitted:
            self.fit()
            self._remember.stop()
        else:
            # What was in the middle stays there.
            old = event.oldSize()
            if old.isValid():
                self._view.pan((self.width() - old.width()) / 2, (self.height() - old.height()) / 2)
            self._on_view_changed()
            self._remember.stop()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        self._match_screen()
        self._place_overlays()
        if self._fit_pending:
            self._first_view()

    def _place_overlays(self) -> None:
        margin = 16
        self._path.move(margin, 14)
        self._bar.adjustSize()
        self._bar.move(margin, self.height() - self._bar.height() - margin)
        self._minimap.move(
            self.width() - self._minimap.width() - margin, self.height() - self._minimap.height() - margin
        )
        self._show_map()
        self.costs.place()
        self.empty_state.setGeometry(self.rect().adjusted(24, 40, -24, -40))
        self.empty_state.setVisible(not self.geometry_store.ids and not self.marks)

    def _show_map(self) -> None:
        """The small map is there to find the way: where all is in view, it does not lie over any of it."""
        if self._minimap.is_held:
            return
        roomy = self.width() >= 520 and self.height() >= 320
        shown = roomy and bool(self.geometry_store.ids) and not self._walked_through
        self._minimap.setVisible(shown and not (self._sees_all() and self._map_covers()))

    def _sees_all(self) -> bool:
        seen = self._view.visible(self.width(), self.height())
        boxes = (self.geometry_store.extent(), self.marks.extent())
        return all(encloses(seen, box) for box in boxes if box is not None)

    def _map_covers(self) -> bool:
        place = self._minimap.geometry()
        left, top = self._view.to_canvas(place.left(), place.top())
        right, bottom = self._view.to_canvas(place.right() + 1, place.bottom() + 1)
        beneath = (left, top, right, bottom)
        return bool(len(self.geometry_store.nodes_in(beneath))) or self.marks.touches(beneath)

    def _first_view(self) -> None:
        """How the project was looked at last, else all of it."""
        kept = self._project.project.view
        if not self.isVisible():
            return
        if kept.center is not None and self.geometry_store.ids:
            self._fit_pending = False
            self._view.zoom = min(4.0, max(0.02, kept.zoom))
            self._view.center_on(*kept.center, self.width(), self.height())
            left, top, right, bottom = self._view.visible(self.width(), self.height())
            if len(self.geometry_store.nodes_in((left, top, right, bottom))):
                self._after_jump()
                self._remember.stop()
                return
        self.fit()
        self._remember.stop()

    # What happens elsewhere.

    def _describe(self, _nodes: object = None) -> None:
        """So that walking by keys can be followed by ear."""
        words = selection_words(self._project, self._scene.geometry, self._selection.nodes)
        if len(self._selection.nodes) == 1:
            weights = self.live.words(*self._selection.nodes).replace("\n", " ")
            words = ", ".join(part for part in (words, weights) if part)
        if len(self._selection.marks) == 1 and not self._selection.nodes:
            words = self.mark_tools.words(*self._selection.marks)
        self.setAccessibleDescription(words or _HELP)

    def _on_refreshed(self, boxes: list[Box] | None) -> None:
        if self._link is not None and self._link not in self.geometry_store.link_of:
            self._link = None
        if self._hover.link is not None and self._hover.link not in self.geometry_store.link_of:
            self._hover = NOTHING
        empty = not self.geometry_store.ids and not self.marks
        if self.empty_state.isVisibleTo(self) != empty:
            self._place_overlays()
        self.card_hover.forget()
        self._minimap.refresh()
        self._show_map()
        self.mark_tools.editor.follow()
        self.card_editor.place()
        self.redraw(boxes)

    def _on_reloaded(self) -> None:
        if self._gesture is not None:
            self._gesture = None
        self._link, self._hover = None, NOTHING
        self.card_hover.forget()
        self.mending.preview(None)
        self.costs.refresh()
        self.card_editor.cancel()
        self.mark_tools.editor.end(keep=False)
        self._painter.sprites.clear()
        self._show_path()
        self._fit_pending = True
        self._place_overlays()
        self._first_view()
        self._layer.invalidate()
        self.update()

    def _show_path(self, _change: object = None) -> None:
        titles = self._project.path_titles
        self._path.set_path(*titles, *([] if len(titles) > 1 else ["main graph"]))
        self.setAccessibleName("Network" if len(titles) == 1 else f"Inside {titles[-1]}")

    def _on_path_chosen(self, depth: int) -> None:
        self.blocks.go_up_to(depth)

    def _on_changed_meanwhile(self, _change: object) -> None:
        """An edit in the middle of a gesture (undo, Delete) ends it: what it holds on to may be gone, or elsewhere."""
        if self._gesture is None or isinstance(self._gesture, Pan):
            return
        self._gesture = None
        self._edge_timer.stop()
        self.unsetCursor()
        self._scene.put_back()

    def _on_leaving(self) -> None:
        """Another graph is about to be shown: how this one was looked at stays with it."""
        self.tidier.glide.end()
        self.cancel_gesture()
        self._close_finders()
        self.mark_tools.editor.end()
        if self._remember.isActive():
            self._remember.stop()
            if self._project.there():
                self._on_remember()

    def _on_live(self) -> None:
        """Other pictures on the cards: those that are large enough to show them are drawn anew."""
        self._describe()
        if self._view.zoom >= BRIEF_BELOW:
            self.redraw(None)

    def _on_theme_changed(self) -> None:
        self._painter.sprites.clear()
        self._layer.invalidate()
        self.update()

    def _on_refine(self) -> None:
        self._layer.invalidate()
        self.update()

    def _on_sharpen(self) -> None:
        self._painter.moving = False
        self._layer.invalidate()
        self.update()

    # Mouse.

    def pointer_at(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> Pointer:
        x, y = self._view.to_canvas(position.x(), position.y())
        return Pointer(x, y, position.x(), position.y(), modifiers)

    def _hit(self, pointer: Pointer) -> Hit:
        found = hit(self.geometry_store, pointer.x, pointer.y, self._view.zoom)
        if found.kind in (Kind.NOTHING, Kind.LINK) and self.marks:
            mark = self.marks.at(pointer.x, pointer.y, self._view.zoom)
            # Notes lie on links, links on frames.
            if mark is not None and (found.kind is Kind.NOTHING or mark.mark in self.marks.note_ids):
                found = mark
        return self.link_points.at(found, pointer)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._close_finders()
        self.tidier.glide.end()
        pointer = self._last = self.pointer_at(event.position(), event.modifiers())
        self._focus_by_key = False
        if self._gesture is not None:
            return
        button = event.button()
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._space_used = True
            self._begin(Pan(self, pointer))
        elif button == Qt.MouseButton.RightButton:
            if event.modifiers() & _Modifier.ControlModifier:
                self._begin(Cut(self, pointer))
            else:
                self._pressed_right = pointer
        elif button == Qt.MouseButton.LeftButton:
            self._press_left(pointer)

    def _press_left(self, pointer: Pointer) -> None:
        under = self._hit(pointer)
        self._select_link(under.link)
        begun = self.mark_tools.press(pointer, under) or self.link_points.press(pointer, under)
        if begun is not None:
            self._begin(begun)
        elif under.kind is Kind.NOTHING and (pointer.alt or self._lasso_armed):
            self._lasso_armed = False
            self._begin(Lasso(self, pointer))
        elif under.kind in (Kind.INPUT, Kind.OUTPUT):
            self._begin(ConnectPorts(self, pointer, under))
        elif under.kind in (Kind.NODE, Kind.BADGE):
            self._begin(Move(self, pointer, under.node))
        else:
            self._begin(Band(self, pointer))

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pointer = self._last = self.pointer_at(event.position(), event.modifiers())
        gesture = self._gesture
        if gesture is not None:
            gesture.move(pointer)
            if gesture.auto_pans and self._edge_pull() != (0.0, 0.0) and not self._edge_timer.isActive():
                self._edge_timer.start()
            return
        if not event.buttons():
            self._hover_at(pointer)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pointer = self._last = self.pointer_at(event.position(), event.modifiers())
        gesture = self._gesture
        self._pressed_right = None
        if gesture is None:
            return
        button = event.button()
        held = Qt.MouseButton.RightButton if isinstance(gesture, Cut) else None
        if held is not None and button != held:
            return
        clicked = isinstance(gesture, Move) and not gesture.dragging and not event.modifiers()
        under = self._hit(pointer)
        self._end(lambda: gesture.commit(pointer))
        if isinstance(gesture, Reroute):
            self.link_points.released(gesture)
        pointer = self.pointer_at(event.position(), event.modifiers())
        self._hover_at(pointer)
        field = self.card_hover.field
        if clicked and under.kind is Kind.BADGE:
            self.mending.open_menu(under.node)
        elif clicked and field is not None:
            self.card_editor.edit_value(field.node, field.name)

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        pointer = self.pointer_at(event.position(), event.modifiers())
        under = self._hit(pointer)
        if self.mark_tools.double_click(under):
            return
        if under.kind is Kind.NODE and self.blocks.open(under.node):
            return
        if under.kind is Kind.POINT and under.link is not None:
            self.link_points.remove(under.link, under.point)
            return
        field = field_at(self.geometry_store, under.node, pointer.x, pointer.y, self._view.zoom)
        if under.kind is Kind.NODE and field is not None and field.name == TITLE:
            self._selection.set_nodes({under.node})
            self.card_editor.edit_title(under.node)
        elif under.kind in (Kind.NODE, Kind.BADGE):
            self._selection.set_nodes({under.node})
            self.inspect_requested.emit(under.node)
        elif under.kind is Kind.LINK and under.link is not None:
            self.adding.open_for_link(pointer, under.link)
        elif under.kind is Kind.NOTHING:
            self.open_search(pointer, None)

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(NOTHING)
        self.card_hover.clear()

    @guarded
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.open_menu()
        elif self._gesture is None:
            self._open_menu_at(QPointF(event.pos()), None)

    def open_menu(self) -> None:
        """The menu of what is selected, by the menu key or Shift+F10; some systems send both for the latter."""
        if self._gesture is not None or QApplication.activePopupWidget() is not None:
            return
        rows = self.geometry_store.rows(self._selection.nodes)
        x, y = self._view.center(self.width(), self.height())
        under = self.mark_tools.for_keys()
        row = self.geometry_store.link_of.get(self._link) if self._link is not None else None
        if under is not None:
            x, y = self.mark_tools.place_for_keys(under)
        elif len(rows):
            x, y = (self.geometry_store.boxes[int(rows[0]), :2] + 20).tolist()
            under = Hit(Kind.NODE, node=self.geometry_store.ids[int(rows[0])])
        elif row is not None:
            x, y = self.geometry_store.middles(np.array([row]))[0].tolist()
            under = Hit(Kind.LINK, link=self._link)
        else:
            under = NOTHING
        self._open_menu_at(QPointF(*self._view.to_screen(x, y)), under)

    def _open_menu_at(self, at: QPointF, under: Hit | None) -> None:
        pointer = self.pointer_at(at, _Modifier.NoModifier)
        under = under or self._hit(pointer)
        if under.mark and under.mark not in self._selection.marks:
            self._selection.set_both((), (under.mark,))
        if under.node and under.node not in self._selection.nodes:
            self._selection.set_nodes({under.node})
        self._select_link(under.link)
        CanvasMenu(self, pointer, under).open_at(self.mapToGlobal(at.toPoint()))

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.tidier.glide.end()
        self.wheel.turned(event)

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if self.wheel.gestured(event):
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _Key.Key_Tab:
            # Qt would move the focus; here Tab adds a layer, and Shift+Tab still moves on.
            self.adding.open_by_key()
            return True
        elif kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if command_for(self, event) is not None:
                event.accept()
                return True
        elif kind == QEvent.Type.DevicePixelRatioChange:
            self._match_screen()
            self.update()
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tooltip(event)
            return True
        return super().event(event)

    def _begin(self, gesture: Gesture) -> None:
        self._set_hover(NOTHING)
        self.card_hover.clear()
        self._gesture = gesture
        if gesture.cursor is not None:
            self.setCursor(gesture.cursor)

    def _end(self, how: Callable[[], None]) -> None:
        """Let go of the gesture before it edits, so that what it opens or changes finds the canvas free."""
        self._gesture = None
        self._edge_timer.stop()
        self.unsetCursor()
        how()
        self.update()

    def cancel_gesture(self) -> bool:
        """Undo what a gesture has shown so far; False when there is none."""
        gesture = self._gesture
        if gesture is None:
            return False
        self._end(gesture.cancel)
        return True

    def _edge_pull(self) -> tuple[float, float]:
        """How far the canvas moves a frame when the pointer is held near its edge."""
        x, y = self._last.sx, self._last.sy
        dx = _PAN_PX if x < _EDGE_PX else -_PAN_PX if x > self.width() - _EDGE_PX else 0
        dy = _PAN_PX if y < _EDGE_PX else -_PAN_PX if y > self.height() - _EDGE_PX else 0
        return float(dx), float(dy)

    def _on_edge(self) -> None:
        pull = self._edge_pull()
        if self._gesture is None or pull == (0.0, 0.0):
            self._edge_timer.stop()
            return
        self.pan_by(*pull)
        self._last = self.pointer_at(QPointF(self._last.sx, self._last.sy), self._last.modifiers)
        self._gesture.move(self._last)

    def _hover_at(self, pointer: Pointer) -> None:
        """Show what the pointer is on."""
        found = self._hit(pointer)
        self._set_hover(found)
        free = not self._space and not self._lasso_armed and not self._project.read_only
        self.card_hover.move(pointer.x, pointer.y, found.node if found.kind is Kind.NODE and free else "")
        if self.card_hover.field is not None:
            self.setCursor(Qt.CursorShape.IBeamCursor)
        elif self._hover.kind is Kind.NODE:
            self.unsetCursor()

    def _set_hover(self, found: Hit) -> None:
        if found == self._hover:
            return
        for link in (self._hover.link, found.link):
            self._update_link(link)
        for ported in (self._hover, found):
            if ported.kind in (Kind.INPUT, Kind.OUTPUT) and ported.node in self.geometry_store.row_of:
                x, y, width, height = self.geometry_store.boxes[self.geometry_store.row_of[ported.node]].tolist()
                self.redraw_overlay(on_screen(self._view, (x - 16, y - 16, x + width + 16, y + height + 16)))
        old, self._hover = self._hover, found
        if found.link is not None and found.link != old.link:
            words = words_at(self._project, found)
            at = self.mapToGlobal(QPoint(round(self._last.sx) + 12, round(self._last.sy) + 18))
            QToolTip.showText(at, tooltip_text(words), self)
        elif old.link is not None and found.link is None:
            QToolTip.hideText()
        if self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._lasso_armed or found.kind in (Kind.INPUT, Kind.OUTPUT):
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif found.kind in (Kind.LINK, Kind.BADGE):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif (cursor := self.mark_tools.cursor(found)) is not None:
            self.setCursor(cursor)
        else:
            self.unsetCursor()

    def select_link(self, link: InputKey | None) -> None:
        """Select a link, or none; Delete removes it."""
        self._select_link(link)

    def _select_link(self, link: InputKey | None) -> None:
        if link != self._link:
            self._update_link(self._link)
            self._link = link
            self._update_link(link)

    def _update_link(self, link: InputKey | None) -> None:
        row = self.geometry_store.link_of.get(link) if link is not None else None
        if row is not None:
            left, top, right, bottom = self.geometry_store.bounds[row].tolist()
            self.redraw_overlay(on_screen(self._view, (left - 4, top - 4, right + 4, bottom + 4), margin=4))

    def _show_tooltip(self, event: QHelpEvent) -> None:
        pointer = self.pointer_at(QPointF(event.pos()), _Modifier.NoModifier)
        found = self._hit(pointer)
        weights = self.live.words(found.node) if found.kind is Kind.NODE else ""
        words = self.card_hover.words()
        words = words or "\n".join(part for part in (words_at(self._project, found), weights) if part)
        QToolTip.showText(event.globalPos(), tooltip_text(words), self)

    # Keys.

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == _Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._space, self._space_used = True, self._gesture is not None
                self.setCursor(Qt.CursorShape.OpenHandCursor)
            return
        command = command_for(self, event)
        if command is not None:
            command()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self._project.history.undo()  # in a window its menu takes these two before they come here
        elif event.matches(QKeySequence.StandardKey.Redo):
            self._project.history.redo()
        else:
            super().keyPressEvent(event)

    @guarded
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() != _Key.Key_Space or event.isAutoRepeat():
            super().keyReleaseEvent(event)
            return
        was_held, self._space = self._space, False
        if self._gesture is None:
            self.unsetCursor()
        if was_held and not self._space_used and self._gesture is None:
            self.adding.open_by_key()

    def pointer_for_keys(self) -> Pointer:
        """Where something added by a key goes: under the mouse when it is on the canvas, else into the middle."""
        at = QPointF(self.mapFromGlobal(QCursor.pos()))
        if not QRectF(self.rect()).contains(at) or not self.underMouse():
            at = QPointF(self.width() / 2, self.height() / 2)
        return self.pointer_at(at, _Modifier.NoModifier)

    def arm_lasso(self) -> None:
        """The next drag on empty canvas draws a lasso, as one with Alt held always does."""
        self._lasso_armed = True
        self.setCursor(Qt.CursorShape.CrossCursor)

    def escape(self) -> None:
        if self._lasso_armed:
            self._lasso_armed = False
            self.unsetCursor()
        elif not self.cancel_gesture():
            self._select_link(None)
            self._selection.set_nodes(())

    def delete(self) -> None:
        if self._link is not None and not self._selection.everything:
            if self.link_points.remove_selected():
                return
            self.commands.delete_link(self._link)
            self._link = None
        else:
            self.commands.delete()

    def inspect(self) -> None:
        chosen = sorted(self._selection.nodes)
        if chosen:
            self.inspect_requested.emit(chosen[0])

    def bring_near(self, node_id: str) -> None:
        """Show a node large enough that its settings are drawn."""
        rows = self.geometry_store.rows((node_id,))
        if len(rows) and self._view.zoom < BRIEF_BELOW:
            x, y, width, height = self.geometry_store.boxes[int(rows[0])].tolist()
            self._view.zoom = 0.8
            self.center_on(x + width / 2, y + height / 2)
        else:
            self.show_rows(rows)

    def walk(self, direction: str, *, extend: bool = False) -> None:
        """Go along the links, or to the card above or below; with `extend` what was selected stays so."""
        graph, geometry = self._project.project.graph, self.geometry_store
        chosen = [node for node in sorted(self._selection.nodes) if node in geometry.row_of]
        present = self._walked if self._walked in chosen else chosen[0] if chosen else None
        if present is None:
            self.walk_home()
            return
        direction = walk.turned(direction, geometry)
        if direction in ("left", "right"):
            found = walk.along(graph, geometry, present, forward=direction == "right")
        else:
            found = walk.beside(geometry, present, down=direction == "down")
        if found is not None:
            self._walked = found
            self.reveal(found, keep=self._selection.nodes if extend else ())

    def walk_end(self) -> None:
        """Go to the node that is read last."""
        order = reading_order(self._project.project.graph)
        if order:
            self.reveal(order[-1])

    def pan_by_key(self, across: int, down: int) -> None:
        """Look a quarter of the canvas further."""
        self.pan_by(-across * self.width() / 4, -down * self.height() / 4)

    def walk_home(self) -> None:
        found = walk.first(self.geometry_store)
        if found is not None:
            self.reveal(found)

    # Clipboard.

    def copy(self) -> None:
        """The selected nodes as text on the clipboard."""
        text = self.commands.copy()
        if text:
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Copy, then delete."""
        text = self.commands.copy()
        if text and self.commands.delete(contents=True):
            QGuiApplication.clipboard().setText(text)

    def paste(self) -> None:
        """Add the nodes on the clipboard at the pointer."""
        self.paste_at(self.pointer_for_keys())

    def paste_at(self, pointer: Pointer, text: str | None = None) -> None:
        """Add the nodes on the clipboard, or those of a text, at a place."""
        x, y = (round(value / NUDGE) * NUDGE for value in (pointer.x, pointer.y))
        if self.commands.paste(QGuiApplication.clipboard().text() if text is None else text, x, y):
            self.show_rows(self.geometry_store.rows(self._selection.nodes))
            for mark_id in self._selection.marks:
                self.mark_tools.show(mark_id)

    # Search.

    def open_search(self, pointer: Pointer, loose: Loose | None) -> None:
        """Search for a layer to put at the pointer, or at a loose end of a link."""
        self.adding.open(pointer, loose)

    def add_layer(self, name: str) -> None:
        """Put a layer after the selected node, connected where it fits; into the middle of the view without one."""
        self.adding.add_layer(name)

    def layers_added(self, *names: str) -> None:
        """Layers of these types were added by hand: the search remembers."""
        self.adding.uses.picked(*names)

    def _close_finders(self) -> None:
        for finder in (self.adding.finder, self.find_box, self.linking.finder):
            finder.close_quietly()

    def _nodes_matching(self, text: str) -> Sequence[Offer]:
        words = text.lower().split()
        graph = self._project.project.graph
        found: list[Offer] = []
        geometry = self.geometry_store
        for node in graph.sorted_nodes():
            face = geometry.faces[geometry.row_of[node.id]]
            whole = f"{node.id} {face.title} {node.type} {face.line}".lower()
            if all(word in whole for word in words):
                found.append(Offer(node.id, face.title, node.id, f"family.{face.color}", face.line))
            if len(found) >= 60:
                break
        return [*found, *self.mark_tools.matching(words), *self.blocks.matching(words)]

    def _on_found(self, node_id: str) -> None:
        """Show the node the list stands on while the box is open."""
        if self.find_box.isVisible() and self.find_box.edit.text() and node_id in self.geometry_store.row_of:
            self._selection.set_nodes({node_id})
            self.show_rows(self.geometry_store.rows((node_id,)))

    def _on_bar_zoomed(self, direction: int) -> None:
        self.zoom_to(1.0 if direction == 0 else self._view.zoom * ZOOM_STEP**direction)

    # Layers dragged here from the palette.

    def drag_layer(self, name: str, at: QPoint) -> None:
        """A layer is dragged over this point of the widget: show where it would go."""
        pointer = self._last = self.pointer_at(QPointF(at), QGuiApplication.keyboardModifiers())
        if isinstance(self._gesture, DropLayer):
            self._gesture.move(pointer)
        elif not self._project.read_only and (brought := self.blocks.bring(name)) is not None:
            self.cancel_gesture()
            self._gesture = DropLayer(self, pointer, brought)

    def drop_layer(self, name: str, at: QPoint) -> None:
        """The layer is let go at this point."""
        self.drag_layer(name, at)
        gesture, pointer = self._gesture, self._last
        if isinstance(gesture, DropLayer):
            self._end(lambda: gesture.commit(pointer))
            self.setFocus()

    def _after(self, ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(slot)
        return timer
