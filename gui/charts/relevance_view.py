"""A whole sample with what its parts count for: pictures, curves and words shaded, columns as bars."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.charts.relevance import Relevant, strongest
from gui.charts.relevance_bars import RelevanceBar, RelevanceBars
from gui.charts.relevance_curve import RelevanceCurves
from gui.charts.relevance_picture import RelevancePicture
from gui.charts.relevance_words import RelevanceWords
from gui.widgets.text import Text

_MOST: Final = 6
"""Fields that are drawn beside the bars of all columns."""
_Opaque = RelevancePicture | RelevanceCurves | RelevanceWords


class RelevanceView(QWidget):
    """Widgets stay while samples of the same form follow each other. `compact` leaves out the raw picture beside."""

    def __init__(self, *, compact: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._compact = compact
        self._opacity = 0.75
        self._form: tuple[tuple[str, str], ...] | None = None
        self._opaque: list[_Opaque] = []
        self._drawn: list[list[QWidget]] = []
        self.bars: RelevanceBars | None = None
        self.unknown = Text(
            "italic: not among the words it learned; all of them look alike to it", role="note", wrap=True
        )
        self.unknown.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)

    def show_parts(self, parts: Sequence[Relevant], *, signed: bool, sums: bool) -> None:
        """Show a sample. `sums`: the totals of fields may be compared, and are, where there are several."""
        drawn = [part for part in parts if part.kind != "column"][:_MOST]
        columns = [part for part in parts if part.kind == "column"]
        listed = list(parts) if columns or (sums and len(parts) > 1) else []
        form = (*((part.name, part.kind) for part in drawn), ("bars", str(bool(listed))))
        if form != self._form:
            self._form = form
            self._build(drawn, bool(listed))
        strong = strongest([piece.relevance for part in drawn for piece in part.parts])
        for part, widgets in zip(drawn, self._drawn, strict=True):
            _fill(part, widgets, signed, strong)
        unknown = any(not piece.known for part in drawn for piece in part.parts)
        self.unknown.setVisible(unknown)
        if self.bars is not None:
            self.bars.set_bars(
                [RelevanceBar(name=part.name, value=_value(part), relevance=part.total) for part in listed],
                most=8 if self._compact else 30,
            )

    def set_opacity(self, opacity: float) -> None:
        """How much of the shading is seen, 0 to 1."""
        self._opacity = opacity
        for widget in self._opaque:
            widget.set_opacity(opacity)

    def has_shading(self) -> bool:
        """Whether there is anything whose shading can be weak or strong."""
        return bool(self._opaque)

    def _build(self, drawn: Sequence[Relevant], listed: bool) -> None:
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self.unknown:
                widget.hide()
                widget.deleteLater()
        self._opaque, self._drawn, self.bars = [], [], None
        for part in drawn:
            if len(drawn) > 1 or listed:
                self._column.addWidget(Text(part.name, role="note"))
            self._drawn.append(self._widgets(part))
        self._column.addWidget(self.unknown)
        if listed:
            self.bars = RelevanceBars()
            self._column.addWidget(self.bars)
        if not any(part.kind in ("picture", "curves", "sound") for part in drawn):
            spacer = QWidget()
            self._column.addWidget(spacer, 1)

    def _widgets(self, part: Relevant) -> list[QWidget]:
        """New widgets for a part, put into the column."""
        if part.kind == "picture":
            over = RelevancePicture("" if self._compact else "what counted")
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(16)
            found: list[QWidget] = [over]
            if not self._compact:
                plain = RelevancePicture("as it is")
                line.addWidget(plain, 1)
                found.append(plain)
            line.addWidget(over, 1)
            self._column.addWidget(row, 1)
        elif part.kind == "words":
            found = [RelevanceWords()]
            self._column.addWidget(found[0], 0, Qt.AlignmentFlag.AlignTop)
        else:
            found = [RelevanceCurves()]
            self._column.addWidget(found[0], 1)
            if part.kind == "sound" and not part.map_picture.isNull():
                tones = RelevancePicture("" if self._compact else "tones over time, as the network is given them")
                tones.set_stretched(True)
                self._column.addWidget(tones, 1)
                found.append(tones)
        for widget in found:
            if isinstance(widget, RelevancePicture | RelevanceCurves | RelevanceWords):
                widget.set_opacity(self._opacity)
                self._opaque.append(widget)
        return found


def _fill(part: Relevant, widgets: Sequence[QWidget], signed: bool, strong: float) -> None:
    first = widgets[0]
    second = widgets[1] if len(widgets) > 1 else None
    if isinstance(first, RelevancePicture):
        first.set_picture(part.picture, part.heat, signed=signed)
        if isinstance(second, RelevancePicture):
            second.set_picture(part.picture)
    elif isinstance(first, RelevanceWords):
        first.set_words(part.text, part.parts, scale=strong)
    elif isinstance(first, RelevanceCurves):
        if part.kind == "sound":
            first.set_wave(part.envelope, part.heat, part.seconds, signed=signed)
        else:
            first.set_curves(part.values, part.heat, part.names, signed=signed)
        if isinstance(second, RelevancePicture):
            second.set_picture(part.map_picture, part.map_heat[::-1], signed=signed)


def _value(part: Relevant) -> str:
    return {"picture": "picture", "sound": "sound", "curves": "series"}.get(part.kind, " ".join(part.text.split()))
