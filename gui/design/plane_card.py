"""A small card over the canvas: what the network answers over the plane of its two numbers, as it is drawn now."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.run_events import ViewSeen
from gui.charts.surface_map import Classes, SurfaceMap
from gui.models.plane_look import PlaneLook
from gui.models.project import ProjectModel
from gui.models.view_arrays import array_of, plane_of, surface_of
from gui.samples.class_colours import palette
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.text import Text

_LARGE, _SMALL = 190, 140
"""Side of the picture on a large canvas, and on one that has little room."""
_ROOMY: Final = 760
_AROUND: Final = 20
_MARGIN: Final = 16
_ABOVE: Final = 62
"""Room for the buttons below."""
_LEAST: Final = 420
"""On a canvas lower than this it begins folded, so that the drawing has its room."""


class PlaneCard(QFrame):
    """In the lower left corner of `canvas`, where drawings seldom reach; only while the network has such an answer."""

    def __init__(self, canvas: QWidget, project: ProjectModel, look: PlaneLook) -> None:
        super().__init__(canvas)
        self.setObjectName("design.plane")
        self.setAccessibleName("What the network answers")
        self.setProperty("role", "card")
        self._canvas, self._project, self._look = canvas, project, look
        self._told: ViewSeen | None = None
        self._drawn: ViewSeen | None = None
        self._folded: bool | None = None  # None until a person folds or unfolds it
        self.fold = Button(role="icon", icon="chevron-up", small=True, name="design.plane.fold")
        self.fold.clicked.connect(self._on_fold)
        self.map = SurfaceMap(name="design.plane.map")
        self.map.shows_axes = self.map.shows_legend = False
        self.words = Text("", role="small", elide=Qt.TextElideMode.ElideRight)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(Text("Answers", role="title"), 1)
        head.addWidget(self.fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 9)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(self.map)
        column.addWidget(self.words)
        canvas.installEventFilter(self)
        look.changed.connect(self.refresh)
        self.hide()
        self.refresh()

    @property
    def folded(self) -> bool:
        """Whether only the title shows."""
        return self._canvas.height() < _LEAST if self._folded is None else self._folded

    def refresh(self) -> None:
        """Show what is answered now."""
        look = self._look
        there = look.frame is not None
        self.setVisible(there)
        if look.frame is None:
            return
        if look.fixed is not None and look.fixed is not self._told:
            self._show_plane(look.fixed)
        if look.frame is not self._drawn:
            self._drawn = look.frame
            self.map.set_surface(surface_of(look.frame))
        self.words.set_text(look.words)
        self._place()

    def _show_plane(self, told: ViewSeen) -> None:
        self._told = told
        field = self._project.project.data.field(str(told.facts.get("answer", "")))
        names = list(field.statistics.classes) if field is not None else []
        self.map.set_plane(plane_of(told), Classes(names=names, colors=palette(field, names)))
        points, truth = array_of(told, "points"), array_of(told, "truth")
        if points is not None and truth is not None and len(points) == len(truth):
            self.map.set_points(points, truth)

    def _on_fold(self) -> None:
        self._folded = not self.folded
        self._place()

    def _place(self) -> None:
        folded = self.folded
        self.map.setVisible(not folded)
        self.words.setVisible(not folded)
        self.fold.set_icon("chevron-down" if folded else "chevron-up")
        self.fold.setAccessibleName("Show what it answers" if folded else "Fold")
        side = _LARGE if self._canvas.height() >= _ROOMY else _SMALL
        self.map.setFixedSize(side, side)
        self.setFixedWidth(side + _AROUND)
        self.adjustSize()
        self.move(_MARGIN, self._canvas.height() - self.height() - _ABOVE)
        self.raise_()

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        elif event.type() == QEvent.Type.Show:
            self._look.watch("design", True)
        elif event.type() == QEvent.Type.Hide:
            self._look.watch("design", False)
        return False

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()
