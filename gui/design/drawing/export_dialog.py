"""Asks how the drawing is to be exported; the file is asked for afterwards."""

from collections.abc import Callable, Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.design.canvas.viewport import Box
from gui.design.drawing.formats import MARGIN, Drawing, Format, png_scale
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.text import Text

_FORMATS = (
    Choice(
        value=Format.SVG, label="SVG", help="Lines and text, sharp at any size; for web pages and drawing programs."
    ),
    Choice(value=Format.PNG, label="PNG", help="A picture of pixels; for slides, chats and everything else."),
    Choice(value=Format.PDF, label="PDF", help="One page with lines and text, sharp at any size; for papers."),
)
_SCALES = tuple(Choice(value=scale, label=f"{scale:g}×") for scale in (1.0, 2.0, 3.0, 4.0))
_COLORS = (
    Choice(value=False, label="Light, on white paper"),
    Choice(value=True, label="Dark, as on a dark screen"),
)


class ExportDialog(QDialog):
    """`chosen` says how to draw, and which nodes (none: all)."""

    chosen = Signal(object, object)
    """Drawing and frozenset of node ids."""

    def __init__(
        self,
        drawing: Drawing,
        extent: Callable[[bool], Box | None],
        selected: Collection[str],
        parent: QWidget | None = None,
    ) -> None:
        """`extent` gives the box of all that is drawn, or with True of the selected nodes."""
        super().__init__(parent)
        self.setObjectName("design.export")
        self.setWindowTitle("Export the drawing")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(420)
        self._extent = extent
        self._selected = frozenset(selected)
        self.format = ChoiceEditor(_FORMATS, drawing.format)
        self.scale = ChoiceEditor(_SCALES, drawing.scale)
        self.colors = ChoiceEditor(_COLORS, drawing.dark)
        count = len(self._selected)
        words = "The selected node" if count == 1 else f"The {count:,} selected nodes"
        self.part = ChoiceEditor((Choice(value=False, label="The whole network"), Choice(value=True, label=words)))
        self._rows = {
            "format": FormRow("Format", self.format),
            "scale": FormRow("Size", self.scale),
            "colors": FormRow("Colours", self.colors),
            "part": FormRow("What", self.part),
        }
        for name, editor in (
            ("format", self.format),
            ("scale", self.scale),
            ("colors", self.colors),
            ("part", self.part),
        ):
            editor.setObjectName(f"design.export.{name}")
            editor.committed.connect(self._describe)
        save = Button("Save as…", role="primary", name="design.export.save")
        cancel = Button("Cancel", name="design.export.cancel")
        save.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(Text("Export the drawing", role="heading"))
        for row in self._rows.values():
            column.addWidget(row)
        column.addSpacing(8)
        column.addLayout(buttons)
        self._rows["part"].setVisible(bool(self._selected))
        save.setDefault(True)
        self._describe()

    def drawing(self) -> Drawing:
        """What is picked now."""
        scale = self.scale.value()
        return Drawing(
            format=Format(str(self.format.value())),
            scale=float(scale) if isinstance(scale, float | int) else 2.0,
            dark=bool(self.colors.value()),
        )

    def hint(self) -> str:
        """What is said under the size."""
        return self._rows["scale"].below()

    def _describe(self, *_value: object) -> None:
        drawing = self.drawing()
        self._rows["format"].set_hint(next(choice.help for choice in _FORMATS if choice.value == drawing.format))
        self._rows["scale"].setVisible(drawing.format is Format.PNG)
        box = self._extent(bool(self.part.value()))
        if box is not None:
            across, down = box[2] - box[0] + 2 * MARGIN, box[3] - box[1] + 2 * MARGIN
            scale = png_scale(across, down, drawing.scale)
            pixels = f"{round(across * scale):,} by {round(down * scale):,} pixels"
            less = f"; {drawing.scale:g}× would be too large for other programs" if scale < drawing.scale else ""
            self._rows["scale"].set_hint(pixels + less)
        self.adjustSize()

    def _choose(self) -> None:
        only = self._selected if self.part.value() else frozenset()
        self.accept()
        self.chosen.emit(self.drawing(), only)
