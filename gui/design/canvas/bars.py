"""The two small bars on the canvas: where one is (top left), and zoom, fit and tidy (bottom left)."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.text import Text


class ZoomBar(QFrame):
    """Buttons for what the wheel and the keys do too."""

    zoomed = Signal(int)
    """1 in, -1 out, 0 to 100 %."""
    fit_clicked = Signal()
    tidy_clicked = Signal()
    step_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "floating")
        self.setObjectName("design.canvas.zoom")
        self.setAccessibleName("Zoom and arrangement")
        self._zoom = 1.0
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(0)
        out = self._button("−", "Zoom out (Ctrl+−)", "design.zoom.out")
        out.setFixedWidth(28)
        out.clicked.connect(lambda: self.zoomed.emit(-1))
        self._share = self._button("100 %", "Back to 100 % (Ctrl+0)", "design.zoom.reset")
        self._share.setFixedWidth(58)
        self._share.clicked.connect(lambda: self.zoomed.emit(0))
        into = self._button("+", "Zoom in (Ctrl++)", "design.zoom.in")
        into.setFixedWidth(28)
        into.clicked.connect(lambda: self.zoomed.emit(1))
        fit = self._button("Fit", "Show all (F)", "design.zoom.fit")
        fit.clicked.connect(self.fit_clicked)
        tidy = self._button(
            "Tidy", "Arrange in layers to the right (Ctrl+Shift+T) or downwards (Ctrl+Shift+D)", "design.tidy"
        )
        tidy.clicked.connect(self.tidy_clicked)
        self.step = self._button("Step in numbers", "See every number of a training step (S or F8)", "design.step.open")
        self.step.clicked.connect(self.step_clicked)
        self.step.hide()  # shown where there is an engine that can work one out
        for button in (out, self._share, into, fit, tidy, self.step):
            row.addWidget(button)
        self.adjustSize()

    def set_zoom(self, zoom: float) -> None:
        """Show another zoom."""
        if zoom == self._zoom:
            return  # a new text would lay the bar out again at every step of a pan
        self._zoom = zoom
        self._share.set_text(f"{zoom * 100:.0f} %")
        self._share.setAccessibleName(f"Zoom {zoom * 100:.0f} percent")

    @staticmethod
    def _button(text: str, tooltip: str, name: str) -> Button:
        button = Button(text, role="quiet", small=True, tooltip=tooltip, name=name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(tooltip)
        return button


class Breadcrumb(QFrame):
    """Which graph of the project is shown; inside a block the graphs around it are buttons."""

    chosen = Signal(int)
    """How far in the graph lies that was clicked: 0 is the project's own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "floating")
        self.setObjectName("design.canvas.path")
        self.setAccessibleName("Place in the network")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(4)
        self.buttons: list[Button] = []
        self._signs: list[Text] = []
        self._row = row
        self._text = Text("", role="small")
        row.addWidget(self._text)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_path(self, *parts: str) -> None:
        """Show a path from the outermost graph to the present one."""
        self._show(parts if len(parts) == 2 and parts[1] == "main graph" else (), parts)

    def text(self) -> str:
        """The whole path in words."""
        outer = [button.text() for button in self.buttons if not button.isHidden()]
        return " › ".join([*outer, self._text.whole_text()])

    def _show(self, plain: tuple[str, ...], parts: tuple[str, ...]) -> None:
        outer = () if plain else parts[:-1]
        while len(self.buttons) < len(outer):
            depth = len(self.buttons)
            button = Button(role="link", name=f"design.canvas.path.{depth}", parent=self)
            button.clicked.connect(lambda _checked=False, depth=depth: self.chosen.emit(depth))
            sign = Text("›", role="small", tone="faint", parent=self)
            self._row.insertWidget(2 * depth, button)
            self._row.insertWidget(2 * depth + 1, sign)
            self.buttons.append(button)
            self._signs.append(sign)
        for depth, (button, sign) in enumerate(zip(self.buttons, self._signs, strict=True)):
            shown = depth < len(outer)
            button.setVisible(shown)
            sign.setVisible(shown)
            if shown:
                button.set_text(outer[depth][:40])
                button.setToolTip(f"Back to {outer[depth][:40]} (Esc)")
                button.setAccessibleName(f"Back to {outer[depth][:40]}")
        self._text.set_text(" › ".join(part[:40] for part in plain) if plain else parts[-1][:40])
        across, down = (8, 4) if outer else (10, 5)
        self._row.setContentsMargins(across, down, 10, down)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not outer)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.adjustSize()
