"""Writing the title of a frame or the text of a note where it stands."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from engine.document.graph import Frame, Note
from gui.design.canvas.marks import title_box, title_size
from gui.design.canvas.marks_paint import NOTE_PAD, note_ground, note_size, title_color
from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_LONGEST_TITLE = 120
_SMALLEST_PX = 11
# Its own menu (copy, paste) and another window are no reason to close.
_STAYS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
_Finished = Callable[[str, str | None], None]


class MarkEditor(QObject):
    """One editor over one mark. `finished` gets the mark's id and its text, None when the user gave up.

    Enter ends a title, Ctrl+Enter a note; so does going elsewhere. Escape gives up.
    """

    def __init__(self, canvas: "GraphCanvas", finished: _Finished) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._finished = finished
        self.mark_id = ""
        """The mark that is written; empty while none is."""
        self.title = QLineEdit(canvas)
        self.title.setObjectName("design.canvas.title")
        self.title.setMaxLength(_LONGEST_TITLE)
        self.text = QPlainTextEdit(canvas)
        self.text.setObjectName("design.canvas.note")
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("Write a note")
        self.text.document().setDocumentMargin(0)
        for editor in (self.title, self.text):
            editor.installEventFilter(self)
            editor.hide()

    @property
    def editor(self) -> QLineEdit | QPlainTextEdit | None:
        """What is written in now."""
        mark = self._canvas.scene.marks.get(self.mark_id)
        return None if mark is None else self.title if isinstance(mark, Frame) else self.text

    def begin(self, mark_id: str) -> None:
        """Open the editor over a mark with its text selected."""
        self.end()
        mark = self._canvas.scene.marks.get(mark_id)
        if mark is None:
            return
        self.mark_id = mark_id
        if isinstance(mark, Frame):
            self.title.setText(mark.title)
            self.title.setAccessibleName(f"Title of {mark_id}")
            self.title.selectAll()
        else:
            self.text.setPlainText(mark.text)
            self.text.setAccessibleName(f"Text of {mark_id}")
            self.text.selectAll()
        self.follow()
        editor = self.editor
        assert editor is not None
        editor.show()
        editor.raise_()
        editor.setFocus(Qt.FocusReason.PopupFocusReason)

    def end(self, *, keep: bool = True) -> None:
        """Close the editor; with `keep` what was written counts."""
        editor, mark_id = self.editor, self.mark_id
        if not mark_id:
            return
        self.mark_id = ""  # first, as hiding takes the focus away and comes back here
        had_focus = False
        text: str | None = None
        if editor is not None:
            had_focus = editor.hasFocus()
            if keep:
                text = editor.text() if isinstance(editor, QLineEdit) else editor.toPlainText()
        self.title.hide()
        self.text.hide()
        if had_focus:
            self._canvas.setFocus()
        self._finished(mark_id, text)

    def follow(self) -> None:
        """Stay over the mark when the view moves; end when the mark is gone."""
        if not self.mark_id:
            return
        mark = self._canvas.scene.marks.get(self.mark_id)
        if mark is None:
            self.end(keep=False)
        elif isinstance(mark, Frame):
            self._over_title(mark)
        else:
            self._over_note(mark)

    def _over_title(self, frame: Frame) -> None:
        view = self._canvas.view
        left, top, right, bottom = title_box(frame, view.zoom)
        size = max(_SMALLEST_PX, round(title_size(view.zoom) * view.zoom))
        x, y = view.to_screen(left, (top + bottom) / 2)
        height = size + 12
        width = max(140.0, (right - left) * view.zoom)
        self.title.setGeometry(QRectF(x, y - height / 2, width, height).toRect())
        theme = current_theme()
        self.title.setFont(text_font(size))
        self.title.setStyleSheet(
            f"QLineEdit {{ background: {theme.panel}; color: {title_color(theme, frame.color).name()};"
            f" border: 1px solid {theme.accent}; border-radius: 6px; padding: 0 {max(3, round(12 * view.zoom))}px;"
            f" font-size: {size}px; font-weight: 600; min-height: 0; }}"
        )

    def _over_note(self, note: Note) -> None:
        view = self._canvas.view
        x, y = view.to_screen(note.x, note.y)
        size = max(_SMALLEST_PX, round(note_size(note) * view.zoom))
        pad = max(2, round(NOTE_PAD * view.zoom) - 3)
        width, height = max(140.0, note.width * view.zoom), max(3.0 * size, note.height * view.zoom)
        self.text.setGeometry(QRectF(x, y, width, height).toRect())
        theme = current_theme()
        self.text.setFont(text_font(size))
        self.text.setStyleSheet(
            f"QPlainTextEdit {{ background: {note_ground(theme, note.color).name()}; color: {theme.text};"
            f" border: 1px solid {theme.accent}; border-radius: 6px; padding: {pad}px; font-size: {size}px; }}"
        )

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                event.accept()  # ours, whatever the window would do with it
                return True
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key == Qt.Key.Key_Escape:
                self.end(keep=False)
                return True
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (watched is self.title or control):
                self.end()
                return True
        elif kind == QEvent.Type.FocusOut and isinstance(event, QFocusEvent) and event.reason() not in _STAYS:
            self.end()
        return super().eventFilter(watched, event)
