"""The game of an environment: its picture, what each action is worth, and what can be done with it."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.models.game import PACES, GameModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.fonts import SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.section_label import SectionLabel
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

_ROW: Final = 26
_MOST_ROWS: Final = 18
_ARROWS: Final = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class GameView(QWidget):
    """Follows a game. The keys: Space pauses, N begins another, R the same again; arrows or figures act."""

    def __init__(self, game: GameModel, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._game = game
        self.picture = GamePicture(name=f"{name}.picture")
        self.values = ActionValues(name=f"{name}.values")
        self.play = Button("Play", icon="play", role="primary", small=True, tooltip="Space", name=f"{name}.play")
        self.step = Button("Step", icon="chevron-right", small=True, tooltip="One moment (S)", name=f"{name}.step")
        self.again = Button(
            "Again", icon="refresh", small=True, tooltip="The same game from its start (R)", name=f"{name}.again"
        )
        self.another = Button(
            "New game", icon="plus", small=True, tooltip="A game that begins otherwise (N)", name=f"{name}.another"
        )
        self.who = ChoiceEditor(
            [
                Choice(value="network", label="The network plays"),
                Choice(value="person", label="You play", help="Act with the arrow keys or figures."),
            ]
        )
        self.who.setObjectName(f"{name}.who")
        self.who.setAccessibleName("Who plays")
        self.pace = ChoiceEditor(
            [Choice(value=pace, label=f"{pace} / s", help=f"{pace} moments a second") for pace in PACES]
        )
        self.pace.setObjectName(f"{name}.pace")
        self.pace.setAccessibleName("Moments a second")
        self.notice = Notice("error", "", name=f"{name}.failure")
        self.notice.hide()
        self.told = Text("", role="mono-small")
        self.compared = Text("", tone="faint", wrap=True)
        self.keys = Text("", tone="faint", wrap=True)
        self._facts = {key: Text("", role="mono") for key in ("return", "step", "seed")}
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.picture, 1)
        bar = QHBoxLayout()
        bar.setSpacing(6)
        for widget in (self.play, self.step, self.again, self.another):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.pace)
        left.addLayout(bar)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.who)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for row, (key, words) in enumerate((("return", "Return"), ("step", "Moment"), ("seed", "Game"))):
            grid.addWidget(Text(words, tone="faint"), row, 0)
            grid.addWidget(self._facts[key], row, 1)
        grid.setColumnStretch(1, 1)
        right.addLayout(grid)
        right.addWidget(SectionLabel("What each action is worth"))
        right.addWidget(self.values)
        right.addWidget(self.compared)
        right.addWidget(self.keys)
        right.addStretch(1)
        side = QWidget()
        side.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(236)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 1)
        both.addWidget(side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.notice)
        whole.addLayout(both, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.picture)
        self.picture.key_pressed = self._on_key
        self.play.clicked.connect(self._on_play)
        self.step.clicked.connect(game.step)
        self.again.clicked.connect(lambda: game.begin(run=game.running or game.over))
        self.another.clicked.connect(game.begin_another)
        self.who.committed.connect(self._on_who)
        self.pace.committed.connect(lambda value: game.set_pace(int(str(value))))
        game.changed.connect(self._show)
        game.moment_shown.connect(self._show_moment)
        self._show()

    def _on_play(self) -> None:
        if self._game.running:
            self._game.pause()
        else:
            self._game.play()

    def _on_who(self, who: object) -> None:
        self._game.begin(who="person" if who == "person" else "network", run=who != "person")
        self.picture.setFocus()

    def _on_key(self, event: QKeyEvent) -> bool:
        """Whether a key was for the game."""
        game, key = self._game, event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        if key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._on_play()
        elif key == Qt.Key.Key_S and game.who == "network":
            game.step()
        elif key == Qt.Key.Key_R:
            self.again.click()
        elif key == Qt.Key.Key_N:
            self.another.click()
        elif game.who == "person" and (action := action_of(key, game.actions)) is not None:
            game.act(action)
        else:
            return False
        return True

    def _show(self) -> None:
        game = self._game
        network = game.who == "network"
        if self.who.value() != game.who:
            self.who.set_value(game.who)
        if self.pace.value() != game.pace:
            self.pace.set_value(game.pace)
        self.play.set_text("Pause" if game.running else "Play")
        self.play.set_icon("pause" if game.running else "play")
        self.play.set_blocked("" if network else "You play. Choose The network plays to watch it.")
        over = "The game is over." if game.over else ""
        self.step.set_blocked(over if network else "You play: each key is a moment.")
        self.pace.setEnabled(network)
        self.notice.setVisible(game.error is not None)
        if game.error is not None:
            self.notice.set_message("error", game.error.message, game.error.hint)
        self.keys.set_text("" if network else keys_of(game.actions))
        self.keys.setVisible(not network)
        self._facts["seed"].set_text(f"{game.seed}")
        self._show_compared()
        self._show_moment()

    def _show_compared(self) -> None:
        totals, words = self._game.totals, ""
        if "person" in totals:
            words = f"You earned {totals['person']:g}."
            words += f" The network earns {totals['network']:g} in this game." if "network" in totals else ""
        self.compared.set_text(words)
        self.compared.setVisible(bool(words))

    def _show_moment(self) -> None:
        game, moment = self._game, self._game.shown
        if moment is None:
            words = "" if game.error is not None else "Beginning the game" if game.state == "working" else "No game yet"
            self.picture.show_frame(None, words)
            for key in ("return", "step"):
                self._facts[key].set_text("–")
            self.values.set_values([], [], -1)
            return
        banner = "Over" if moment.over else "Stopped: a game lasts no longer" if moment.cut else ""
        if game.who == "person" and not moment.step and not banner:
            banner = "Your turn: press a key"
        self.picture.show_frame(moment.frame, banner)
        self._facts["return"].set_text(f"{moment.total:g}")
        self._facts["step"].set_text(f"{moment.step:,}")
        self.values.set_values(game.actions, moment.values, moment.best)
        self.picture.setAccessibleDescription(
            f"{game.environment}, moment {moment.step}, return {moment.total:g}. {banner}"
        )


def action_of(key: int, actions: list[str]) -> int | None:
    """The action that a key stands for: a figure from 1, or an arrow: by the actions' names, else the first and last of
    up to three."""
    word = _ARROWS.get(Qt.Key(key))
    if word is not None:
        named = [place for place, name in enumerate(actions) if word in name.lower()]
        if named:
            return named[0]
        if len(actions) <= 3 and word in ("left", "right"):
            return 0 if word == "left" else len(actions) - 1
        if len(actions) == 3 and word == "down":
            return 1
        return None
    figure = key - int(Qt.Key.Key_1)
    return figure if 0 <= figure < min(9, len(actions)) else None


def keys_of(actions: list[str]) -> str:
    """Which keys a person plays with, in a sentence."""
    if not actions:
        return ""
    words = [
        f"{sign} {actions[place]}"
        for sign, key in (("←", Qt.Key.Key_Left), ("→", Qt.Key.Key_Right), ("↑", Qt.Key.Key_Up), ("↓", Qt.Key.Key_Down))
        if (place := action_of(int(key), actions)) is not None
    ]
    figures = f"figures 1 to {min(9, len(actions))}"
    return f"Each key is a moment; hold it to go on. {', '.join(words)}{', or ' if words else ''}{figures}."


class GamePicture(QWidget):
    """The picture of the moment, as large as fits; takes the keys."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("The game")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self._image: QImage | None = None
        self._words = ""
        self.key_pressed: Callable[[QKeyEvent], bool] = lambda _event: False
        theme_notifier().changed.connect(self.update)

    def show_frame(self, frame: bytes | None, words: str = "") -> None:
        """Show a picture (PNG) and perhaps some words on it; b"" keeps the picture there is."""
        if frame == b"":
            self.show_image(self._image, words)
        else:
            self.show_image(QImage.fromData(frame) if frame else None, words)

    def show_image(self, image: QImage | None, words: str = "") -> None:
        """Show a picture and perhaps some words on it."""
        self._image = image if image is not None and not image.isNull() else None
        self._words = words
        self.update()

    @guarded(fallback=lambda _self: QSize(480, 320))
    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    @guarded
    def mousePressEvent(self, event: object) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.key_pressed(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            whole = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            place = whole
            if self._image is not None:
                size = self._image.size().scaled(whole.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
                place = QRectF(0, 0, size.width(), size.height())
                place.moveCenter(whole.center())
            path = QPainterPath()
            path.addRoundedRect(place, CARD_RADIUS, CARD_RADIUS)
            painter.fillPath(path, theme.color("raised"))
            if self._image is not None:
                painter.setClipPath(path)
                painter.drawImage(place, self._image)
                painter.setClipping(False)
            painter.setPen(theme.color("accent" if self.hasFocus() else "line"))
            painter.drawPath(path)
            if self._words:
                self._draw_words(painter, place)

    def _draw_words(self, painter: QPainter, place: QRectF) -> None:
        theme = current_theme()
        painter.setFont(text_font(SIZE_SMALL))
        width = painter.fontMetrics().horizontalAdvance(self._words) + 24
        box = QRectF(0, 0, width, 28)
        box.moveCenter(place.center())
        if self._image is not None:
            box.moveTop(place.top() + 12)
            path = QPainterPath()
            path.addRoundedRect(box, 14, 14)
            painter.fillPath(path, theme.color("panel"))
        painter.setPen(theme.color("text" if self._image is not None else "faint"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._words)


class ActionValues(QWidget):
    """A line an action: its name, its value as a bar between the least and the largest seen lately, the best marked."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Value of each action")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._actions: list[str] = []
        self._values: list[float] = []
        self._best = -1
        self._low, self._high = 0.0, 0.0
        theme_notifier().changed.connect(self.update)

    def set_values(self, actions: list[str], values: list[float], best: int) -> None:
        """Show the values of actions, in their order."""
        if actions != self._actions:
            self._low = self._high = 0.0
        self._actions, self._values, self._best = list(actions)[:_MOST_ROWS], list(values)[:_MOST_ROWS], best
        self._low, self._high = min([self._low, *self._values]), max([self._high, *self._values])
        self.setFixedHeight(max(1, len(self._actions)) * _ROW)
        told = ", ".join(f"{name} {value:.4g}" for name, value in zip(self._actions, self._values, strict=False))
        self.setAccessibleDescription(told)
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        middle = Qt.AlignmentFlag.AlignVCenter
        spread = (self._high - self._low) or 1.0
        with QPainter(self) as painter:
            for place, action in enumerate(self._actions):
                top, chosen = place * _ROW, place == self._best
                painter.setFont(text_font(SIZE_SMALL))
                painter.setPen(theme.color("text" if chosen else "dim"))
                name = painter.fontMetrics().elidedText(
                    f"{'▸ ' if chosen else ''}{action}", Qt.TextElideMode.ElideRight, 74
                )
                painter.drawText(QRectF(0, top, 76, _ROW), Qt.AlignmentFlag.AlignLeft | middle, name)
                left, wide = 80, self.width() - 80 - 60
                painter.fillRect(QRectF(left, top + 10, wide, 6), theme.color("raised"))
                if place >= len(self._values):
                    continue
                value = self._values[place]
                zero = left + wide * (0.0 - self._low) / spread
                end = left + wide * (value - self._low) / spread
                tone = theme.color("accent" if chosen else "faint")
                painter.fillRect(QRectF(min(zero, end), top + 10, max(1.0, abs(end - zero)), 6), tone)
                painter.setFont(mono_font(SIZE_SMALL))
                painter.drawText(
                    QRectF(self.width() - 58, top, 58, _ROW), Qt.AlignmentFlag.AlignRight | middle, f"{value:.4g}"
                )
