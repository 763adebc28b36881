"""The menu of the right button: what can be done to the nodes, the link or the place under it."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from engine.checks.problem import Repair
from gui.design.arrange import Direction, Side
from gui.design.canvas.gestures.gesture import Pointer
from gui.design.canvas.hit import Hit, Kind
from gui.widgets.icons import icon

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas


class CanvasMenu(QMenu):
    """Built for one thing under the pointer; entries that cannot be used say why in their caption."""

    def __init__(self, canvas: "GraphCanvas", pointer: Pointer, under: Hit) -> None:
        super().__init__(canvas)
        self.setObjectName("design.canvas.menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._canvas = canvas
        self._repairs: dict[QAction, Repair] = {}  # shown on the canvas while they are pointed at
        self.hovered.connect(self._on_hovered)
        self.aboutToHide.connect(lambda: canvas.mending.preview(None))
        commands = canvas.commands
        if under.mark:
            canvas.mark_tools.fill_menu(self, self._entry)
        elif under.kind is Kind.POINT and under.link is not None:
            canvas.link_points.fill_menu(self._entry, under)
        elif under.kind is Kind.LINK and under.link is not None:
            link = under.link
            self._entry("Insert a layer…", "plus", lambda: canvas.adding.open_for_link(pointer, link))
            self._entry("Add a point", "plus", lambda: canvas.link_points.add(link, pointer.x, pointer.y), "Alt+click")
            canvas.link_points.fill_menu(self._entry, under)
            self._entry("Remove link", "trash", lambda: commands.delete_link(link), "Del")
        elif canvas.selection.nodes and under.node:
            self._for_nodes(canvas, under)
        else:
            canvas.blocks.fill_canvas_menu(self._entry)
            self._entry("Add a layer…", "plus", lambda: canvas.open_search(pointer, None), "Tab")
            self._entry("Add a frame", "grid", lambda: canvas.mark_tools.add_frame(pointer), "Ctrl+Shift+G")
            self._entry("Add a note", "text", lambda: canvas.mark_tools.add_note(pointer), "Ctrl+Shift+N")
            self._entry("Paste", "paste", lambda: canvas.paste_at(pointer), "Ctrl+V")
            self.addSeparator()
            self._entry("Select all", "grid", commands.select_all, "Ctrl+A")
            self._entry("Select with a lasso", "edit", canvas.arm_lasso, "Shift+L")
            self._entry("Find a node…", "search", canvas.find_node, "Ctrl+F")
            self._entry("Tidy to the right", "tidy", canvas.tidy, "Ctrl+Shift+T")
            self._entry("Tidy downwards", "tidy", lambda: canvas.tidy(downwards=True), "Ctrl+Shift+D")
            self._entry("Fit", "fit", canvas.fit, "F")
            self._entry("Show what costs most", "chart", canvas.costs.next, "G")
            if canvas.live.any:
                caption = "Hide the weights on nodes" if canvas.live.shown else "Show the weights on nodes"
                self._entry(caption, "bars", canvas.live.toggle, "W")
            self.addSeparator()
            self._entry("Export the drawing…", "export", canvas.export_requested.emit, "Ctrl+Shift+E")
            self._entry("Print the drawing…", "file", canvas.print_requested.emit, "Ctrl+P")

    def _for_nodes(self, canvas: "GraphCanvas", under: Hit) -> None:
        commands = canvas.commands
        nodes = canvas.project.project.graph.nodes
        chosen = [nodes[node_id] for node_id in canvas.selection.nodes if node_id in nodes]
        problems = canvas.project.checker.problems_of(under.node)
        for problem in problems[:2]:
            for repair in problem.repairs[:3]:
                action = self._entry(f"Repair: {repair.title}", "check", functools.partial(canvas.mending.do, repair))
                self._repairs[action] = repair
        if not self.isEmpty():
            self.addSeparator()
        self._entry("Settings", "settings", lambda: canvas.inspect_requested.emit(under.node), "Enter")
        self._entry("Rename", "edit", lambda: canvas.card_editor.edit_title(under.node), "F2")
        if canvas.card_editor.names(under.node):
            self._entry("Change on the card", "number", lambda: canvas.card_editor.edit_value(under.node), "E")
        self.addSeparator()
        canvas.blocks.fill_menu(self._entry, under.node)
        self.addSeparator()
        self._entry("Cut", "minus", canvas.cut, "Ctrl+X")
        self._entry("Copy", "copy", canvas.copy, "Ctrl+C")
        self._entry("Duplicate", "layers", commands.duplicate, "Ctrl+D")
        self._entry("Put a frame around", "grid", canvas.mark_tools.add_frame, "Ctrl+Shift+G")
        self.addSeparator()
        bypassed = all(node.bypassed for node in chosen)
        frozen = all(node.frozen for node in chosen)
        self._entry("Stop bypassing" if bypassed else "Bypass", "bypass", commands.toggle_bypassed, "Ctrl+B")
        self._entry("Let learn again" if frozen else "Freeze", "freeze", commands.toggle_frozen, "Ctrl+Shift+F")
        self.addSeparator()
        self._entry("Select connected", "link", commands.select_connected, "Ctrl+L")
        self._entry("Select same kind", "grid", commands.select_same_type, "Ctrl+Shift+L")
        several = len(chosen) > 1
        self._entry("Link in a row" if several else "Link to…", "link", canvas.linking.connect, "Ctrl+K")
        self._entry(
            "Remove their links" if several else "Remove a link…", "minus", canvas.linking.disconnect, "Ctrl+Shift+K"
        )
        if several:
            self._arrange_menu()
            self._entry("Tidy selection to the right", "tidy", canvas.tidy, "Ctrl+Shift+T")
            self._entry("Tidy selection downwards", "tidy", lambda: canvas.tidy(downwards=True), "Ctrl+Shift+D")
        self.addSeparator()
        self._entry("Delete", "trash", commands.delete, "Del")
        self._entry("Delete, leave the gap", "trash", lambda: commands.delete(heal=False), "Shift+Del")

    def _on_hovered(self, action: QAction) -> None:
        self._canvas.mending.preview(self._repairs.get(action))

    def _arrange_menu(self) -> None:
        commands = self._canvas.commands
        menu = self.addMenu(icon("grid"), "Arrange")
        menu.setObjectName("design.canvas.menu.arrange")
        menu.setToolTipsVisible(True)
        for caption, side, keys in (
            ("Align left", Side.LEFT, "Ctrl+Shift+←"),
            ("Align centres", Side.CENTER, "Ctrl+Shift+C"),
            ("Align right", Side.RIGHT, "Ctrl+Shift+→"),
            ("Align top", Side.TOP, "Ctrl+Shift+↑"),
            ("Align middles", Side.MIDDLE, "Ctrl+Shift+M"),
            ("Align bottom", Side.BOTTOM, "Ctrl+Shift+↓"),
        ):
            action = menu.addAction(f"{caption}\t{keys}")
            action.triggered.connect(lambda _checked=False, side=side: commands.align(side))
        menu.addSeparator()
        enough = len(commands.cards()) > 2
        for caption, direction, keys in (
            ("Distribute horizontally", Direction.HORIZONTALLY, "Ctrl+Shift+H"),
            ("Distribute vertically", Direction.VERTICALLY, "Ctrl+Shift+V"),
        ):
            action = menu.addAction(f"{caption}\t{keys}" if enough else f"{caption} (needs three nodes)")
            action.setEnabled(enough)
            action.triggered.connect(lambda _checked=False, direction=direction: commands.distribute(direction))

    def open_at(self, point: QPoint) -> None:
        """Show the menu; it deletes itself when it closes."""
        self.popup(point)

    def _entry(self, caption: str, picture: str, do: Callable[[], object], keys: str = "") -> QAction:
        # The keys are shown, not bound: the canvas has them already.
        action = self.addAction(icon(picture), f"{caption}\t{keys}" if keys else caption)
        action.triggered.connect(lambda _checked=False: do())
        return action
