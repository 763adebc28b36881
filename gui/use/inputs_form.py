"""What the network is given in Try it: a place for a picture, a recording or a table, an editor for the rest."""

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from engine.document.data_spec import Field, FieldKind, Role
from engine.document.project import Project
from gui.use.draw_pad import DrawPad
from gui.use.picture_preview import PicturePreview
from gui.use.picture_reader import rgb_bytes
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.drop_area import DropArea
from gui.widgets.form_row import FormRow
from gui.widgets.guarded import guarded
from gui.widgets.number_editor import NumberEditor
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text
from gui.widgets.theme import current_theme

MOST_FILES: Final = 200
_DROPPED: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES)
"""Kinds that are given as a file."""
_ASKED: Final = {
    FieldKind.IMAGE: ("picture", "or click to choose, or paste one", "image"),
    FieldKind.AUDIO: ("recording", "or click to choose: WAV, FLAC, OGG, MP3", "audio"),
    FieldKind.SERIES: ("table", "or click to choose: its last rows are looked at", "chart"),
}
_FILTERS: Final = {
    FieldKind.IMAGE: "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff);;All files (*)",
    FieldKind.AUDIO: "Sound (*.wav *.flac *.ogg *.mp3 *.aif *.aiff *.au *.opus);;All files (*)",
    FieldKind.SERIES: "Tables (*.csv *.tsv *.xlsx *.parquet);;All files (*)",
}


def input_fields(project: Project) -> tuple[Field, ...]:
    """The fields an answer needs: those that flow into the network and are not what it has to learn.

    A network that goes on with a text needs the text's beginning.
    """
    used = {
        name
        for node in project.graph.nodes.values()
        if node.type == "Input"
        for name in _names(node.attributes.get("fields", ()))
    }
    inputs = [field for field in project.data.fields if field.role is Role.INPUT]
    flowing = tuple(field for field in inputs if field.name in used)
    return flowing or tuple(inputs) or tuple(field for field in project.data.fields if field.name in _moved(project))


def _moved(project: Project) -> set[str]:
    """The texts that the network writes, looking back at what it has written."""
    nodes = [node for node in project.graph.nodes.values() if node.type == "Input" and node.attributes.get("shift")]
    return {name for node in nodes for name in _names(node.attributes.get("fields", ()))}


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()


class InputsForm(QWidget):
    """`given` carries a list of inputs, {field: value} each, ready for the engine; files dropped together are several.

    With one picture field alone an answer is asked for at once; a form of several fields has a button.
    """

    given = Signal(object)
    refused = Signal(str)
    sample_requested = Signal()
    picture_shown = Signal()
    """What was given can be seen now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.try")
        self.setAccessibleName("Try it")
        self._fields: tuple[Field, ...] = ()
        self._editors: dict[str, Any] = {}
        self._picture: object = None  # what was given last for the picture field: a path, or pixels
        self._picture_field = ""
        self._kind = FieldKind.IMAGE
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.drop = DropArea("Drop a picture here", "or click to choose, or paste one", icon="image", name="use.drop")
        self.drop.files_dropped.connect(self.take_files)
        self.drop.refused.connect(self.refused)
        self.drop.chooser_requested.connect(self._on_choose)
        self.pad = DrawPad()
        self.pad.drawn.connect(self._on_drawn)
        self.places = QStackedWidget()
        self.places.addWidget(self.drop)
        self.places.addWidget(self.pad)
        self._column.addWidget(self.places, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        self.draw = Button("Draw", icon="brush", small=True, name="use.draw.toggle")
        self.draw.setCheckable(True)
        self.draw.toggled.connect(self._on_draw_toggled)
        self.clear = Button("Clear", small=True)
        self.clear.clicked.connect(self.pad.clear)
        self.paste = Button("Paste", icon="paste", small=True, name="use.paste", tooltip="Take the picture copied last")
        self.paste.clicked.connect(self.take_clipboard)
        self.sample = Button(
            "Sample",
            icon="shuffle",
            small=True,
            name="use.sample",
            tooltip="Take a picture it has never seen from the data",
        )
        self.sample.clicked.connect(self.sample_requested)
        for button in (self.sample, self.draw, self.clear, self.paste):
            below.addWidget(button)
        below.addStretch(1)
        self._picture_buttons = QWidget()
        self._picture_buttons.setLayout(below)
        below.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._picture_buttons)
        self._rows = ScrollColumn(spacing=8)
        self._column.addWidget(self._rows, 1)
        self.ask = Button("Answer", role="primary", name="use.ask")
        self.ask.clicked.connect(self._give)
        self._column.addWidget(self.ask)
        self._preview = PicturePreview(self)
        self._preview.ready.connect(self._on_preview)
        self._preview.failed.connect(self._on_preview_failed)
        self.setAcceptDrops(True)
        self.set_fields(())

    # Files may be dropped anywhere on the form, not only on the place for the picture.

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.takes_files():
            self.drop.dragEnterEvent(event)
        else:
            event.ignore()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        self.drop.dropEvent(event)

    def takes_files(self) -> bool:
        """Whether a dropped file can be an input: a picture, or the one text there is."""
        texts = [editor for editor in self._editors.values() if isinstance(editor, QPlainTextEdit)]
        return bool(self._picture_field) or (len(texts) == 1 and len(self._editors) == 1)

    # Fields

    def set_fields(self, fields: tuple[Field, ...]) -> None:
        """Ask for these fields. What was typed for a field that stays is kept."""
        if fields == self._fields and self._editors.keys() == {f.name for f in fields if f.kind not in _DROPPED}:
            return
        kept = {name: _value_of(editor) for name, editor in self._editors.items()}
        self._fields = fields
        self._editors = {}
        column = self._rows.column
        while (item := column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        pictures = [field for field in fields if field.kind in _DROPPED]
        if (pictures[0].name if pictures else "") != self._picture_field:
            self._picture = None
        self._picture_field = pictures[0].name if pictures else ""
        self._kind = pictures[0].kind if pictures else FieldKind.IMAGE
        noun, hint, icon = _ASKED[self._kind]
        if self._picture is None:
            self.drop.set_icon(icon)
            self.drop.set_picture(None)
            self.drop.set_words(f"Drop a {noun} here", hint)
        for field in fields:
            if field.kind in _DROPPED:
                continue
            editor = _editor_for(field)
            editor.setObjectName(f"use.field.{field.name}")
            if kept.get(field.name) is not None:
                _set_value(editor, kept[field.name])
            self._editors[field.name] = editor
            if isinstance(editor, QPlainTextEdit):
                column.addWidget(Text(field.name, role="form"))
                editor.setAccessibleName(field.name)
                column.addWidget(editor, 1)
            else:
                row = FormRow(field.name, editor, help=_help(field), caption_width=150)
                if isinstance(editor, NumberEditor):
                    editor.rejected.connect(row.set_problem)
                column.addWidget(row)
        if not any(isinstance(editor, QPlainTextEdit) for editor in self._editors.values()):
            column.addStretch(1)
        has_picture = self._picture_field != "" and self._kind is FieldKind.IMAGE
        grey = has_picture and len(pictures[0].statistics.shape) == 3 and pictures[0].statistics.shape[2] == 1
        self.places.setVisible(bool(self._picture_field))
        self._picture_buttons.setVisible(has_picture)
        self.sample.setVisible(self.takes_one_picture())
        self.draw.setVisible(grey)
        self.draw.setChecked(False)
        self.clear.setVisible(False)
        self._rows.setVisible(bool(self._editors))
        self.ask.setVisible(bool(self._editors))
        unknown = [f.name for f in fields if f.kind not in _TAKEN] + [f.name for f in pictures[1:]]
        self.ask.set_blocked(f"'{unknown[0]}' cannot be given here yet; use the exported file." if unknown else "")

    def takes_one_picture(self) -> bool:
        """Whether a picture is all the network needs."""
        return bool(self._picture_field) and self._kind is FieldKind.IMAGE and not self._editors

    def editor(self, name: str) -> QWidget:
        """The editor of a field. Raises KeyError."""
        return self._editors[name]  # type: ignore[no-any-return]

    # Giving

    def take_files(self, paths: list[Path]) -> None:
        """Answer for files of pictures or sound, for a table over time, or for the text of one text file."""
        if self._picture_field:
            self._take_pictures(paths)
            return
        texts = [editor for editor in self._editors.values() if isinstance(editor, QPlainTextEdit)]
        if len(texts) == 1 and len(self._editors) == 1:
            try:
                with paths[0].open("rb") as file:
                    texts[0].setPlainText(file.read(1_000_000).decode("utf-8", "replace"))
            except OSError as error:
                self.refused.emit(f"{paths[0].name} cannot be read: {error.strerror}.")
                return
            self._give()
        else:
            self.refused.emit("This network does not take files. Fill in the fields.")

    def take_clipboard(self) -> None:
        """Answer for the picture or the files copied last."""
        data = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.take_files(paths)
        elif data.hasImage() and self._picture_field and self._kind is FieldKind.IMAGE:
            image = QGuiApplication.clipboard().image()
            self.take_image(image, "pasted picture")
        else:
            self.refused.emit("Nothing that could be used was copied. Copy a picture, or files, then paste.")

    def _take_pictures(self, paths: list[Path]) -> None:
        folders = [path for path in paths if path.is_dir()]
        files = [path for path in paths if path not in folders]
        for folder in folders:
            files += sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        if not files:
            self.refused.emit("There is no file in that folder.")
            return
        if len(files) > MOST_FILES:
            self.refused.emit(f"The first {MOST_FILES} of {len(files):,} files are answered.")
            files = files[:MOST_FILES]
        self.draw.setChecked(False)
        self._picture = str(files[0])
        self.drop.set_words(f"Drop another {_ASKED[self._kind][0]}", files[0].name)
        if self._kind is FieldKind.IMAGE:
            self._preview.read(files[0])
        elif self._kind is FieldKind.AUDIO:
            theme = current_theme()
            self._preview.read_sound(files[0], theme.accent[1:], theme.field[1:])
        if self._editors:
            return  # the other fields are asked for; the button sends all
        self.given.emit([{self._picture_field: str(path)} for path in files])

    def take_image(self, image: QImage, name: str) -> None:
        """Answer for a picture that is in memory already; `name` is shown under it."""
        if image.isNull():
            self.refused.emit("The copied picture is empty.")
            return
        if image.width() * image.height() > 50_000_000:
            self.refused.emit("The copied picture is too large: 50 million pixels at most.")
            return
        small = image.convertToFormat(QImage.Format.Format_RGB888)
        self._picture = {
            "pixels": rgb_bytes(small),
            "height": small.height(),
            "width": small.width(),
            "channels": 3,
        }
        self.draw.setChecked(False)
        self._preview.drop()
        self.drop.set_words("Drop another picture", name)
        self.drop.set_picture(QPixmap.fromImage(small))
        if not self._editors:
            self._give()

    def _on_drawn(self, image: QImage) -> None:
        line, width, height = image.bytesPerLine(), image.width(), image.height()
        data = bytes(image.constBits())
        pixels = b"".join(data[row * line : row * line + width] for row in range(height))
        self._picture = {"pixels": pixels, "height": height, "width": width, "channels": 1}
        if not self._editors:
            self._give()

    def _give(self) -> None:
        empty = [n for n, e in self._editors.items() if isinstance(e, QPlainTextEdit) and not e.toPlainText().strip()]
        if empty:
            self.refused.emit(f"Type something for '{empty[0]}' first.")
            return
        values: dict[str, object] = {name: _value_of(editor) for name, editor in self._editors.items()}
        if self._picture_field:
            if self._picture is None:
                self.refused.emit(f"Drop a {_ASKED[self._kind][0]} first.")
                return
            values[self._picture_field] = self._picture
        self.given.emit([values])

    # Slots

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.take_clipboard()
        else:
            super().keyPressEvent(event)

    def _on_choose(self) -> None:
        noun = _ASKED[self._kind][0]
        chosen, _ = QFileDialog.getOpenFileNames(self, f"Choose {noun}s", "", _FILTERS[self._kind])
        if chosen:
            self.take_files([Path(name) for name in chosen])

    def _on_draw_toggled(self, on: bool) -> None:
        self.places.setCurrentWidget(self.pad if on else self.drop)
        self.clear.setVisible(on)
        if on:
            self.pad.setFocus()

    def _on_preview(self, path: object, image: QImage) -> None:
        if str(path) == self._picture:
            self.drop.set_picture(QPixmap.fromImage(image))
            self.picture_shown.emit()

    def _on_preview_failed(self, path: object, _reason: str) -> None:
        if str(path) == self._picture:
            self.drop.set_picture(None)  # the answer itself says what is wrong with the file


_TYPED: Final = (FieldKind.DATE, FieldKind.LABELS)
_TAKEN: Final = (*_DROPPED, *_TYPED, FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.TEXT)


def _editor_for(field: Field) -> QWidget:
    statistics = field.statistics
    if field.kind is FieldKind.CATEGORY:
        return ChoiceEditor([Choice(value=name) for name in statistics.classes] or [Choice(value="")])
    if field.kind is FieldKind.TEXT:
        edit = QPlainTextEdit()
        edit.setPlaceholderText("Type or paste text")
        edit.setTabChangesFocus(True)
        edit.setMinimumHeight(90)
        return edit
    if field.kind in _TYPED:
        line = QLineEdit()
        line.setPlaceholderText("2021-03-04, or with a time" if field.kind is FieldKind.DATE else _example(field))
        return line
    middle = statistics.mean[0] if statistics.mean else None
    return NumberEditor(float(f"{middle:.4g}") if middle is not None else None, optional=True, none_text="missing")


def _example(field: Field) -> str:
    """Two labels as they are typed."""
    separator = str(field.options.get("separator", ";"))
    return f"{separator} ".join(field.statistics.classes[:2]) or "labels"


def _value_of(editor: QWidget) -> object:
    if isinstance(editor, QLineEdit):
        return editor.text()
    if isinstance(editor, QPlainTextEdit):
        return editor.toPlainText()
    if isinstance(editor, ChoiceEditor | NumberEditor):
        return editor.value()
    raise TypeError(type(editor).__name__)


def _set_value(editor: QWidget, value: object) -> None:
    if isinstance(editor, QLineEdit):
        editor.setText(str(value))
    elif isinstance(editor, QPlainTextEdit):
        editor.setPlainText(str(value))
    elif isinstance(editor, ChoiceEditor):
        if value in editor.values():
            editor.set_value(value)
    elif isinstance(editor, NumberEditor):
        editor.set_value(value if isinstance(value, int | float) else None)


def _help(field: Field) -> str:
    statistics = field.statistics
    if field.kind is FieldKind.NUMBER and statistics.minimum and statistics.maximum:
        return f"In training from {statistics.minimum[0]:g} to {statistics.maximum[0]:g}."
    if field.kind is FieldKind.LABELS and statistics.classes:
        return f"Any of {', '.join(statistics.classes[:12])}" + ("…" if len(statistics.classes) > 12 else ".")
    return ""
