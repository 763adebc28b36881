"""What the network is given in Try it: an editor for each input, and the ways to fill them."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from engine.document.data_spec import Field, FieldKind
from engine.document.graph import Node
from engine.protocol.messages.sample_input import SampleRead
from gui.use.asked import input_fields
from gui.use.inputs.file_input import FileInput
from gui.use.inputs.input_editor import InputEditor
from gui.use.inputs.latent_input import LatentInput
from gui.use.inputs.number_input import NumberInput
from gui.use.inputs.picture_input import PictureInput
from gui.use.inputs.series_input import SeriesInput
from gui.use.inputs.sound_input import SoundInput
from gui.use.inputs.text_input import ArrayInput, TextInput, is_long
from gui.use.inputs.word_inputs import CategoryInput, LineInput
from gui.use.inputs.writing_options import WritingOptions
from gui.use.pasted_rows import pasted_rows
from gui.widgets.button import Button
from gui.widgets.drop_area import DropArea
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import button_text
from gui.widgets.side_panel import ScrollColumn

__all__ = ["InputsForm", "input_fields"]

ASK_AFTER_MS: Final = 120
_REMEMBERED: Final = 12
_SETTLED_S: Final = 5.0
"""What is changed again within this time is one thing that was given, not two."""
_BESIDE_A_MAP: Final = 220
"""The height of the place for a file where there is a map to walk on too."""
_FILES: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.MASK)


@dataclass(frozen=True)
class _Remembered:
    """What was given before."""

    words: str
    states: dict[str, object]


class InputsForm(QWidget):
    """`given` carries a list of inputs, {field: value} each, ready for the engine; files given together are several.

    Changes are given by themselves a moment after the last one, as soon as nothing is lacking. A network that goes on
    with a text is then only asked what may come next (`peeks`); the button has it write.
    """

    given = Signal(object)
    refused = Signal(str)
    sample_requested = Signal()
    picture_shown = Signal()
    """What was given can be seen now."""
    curve_wanted = Signal(str, bool)
    """A number whose curve is to be shown, or not any more."""
    many_wanted = Signal()
    """A page of what a generator makes is to be shown."""
    stop_wanted = Signal()
    """The text is long enough."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.try")
        self.setAccessibleName("Try it")
        self.peeks = False
        self._fields: tuple[Field, ...] | None = None
        self._noises: tuple[Node, ...] = ()
        self._written: frozenset[str] = frozenset()
        self._editors: dict[str, InputEditor] = {}
        self._remembered: list[_Remembered] = []
        self._sample: SampleRead | None = None  # shown now, and not changed since
        self._writing = False
        self._changed_at = -_SETTLED_S  # when something was last given while it was being changed
        self._given: list[object] = []  # the noise that was given last
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._rows = ScrollColumn(spacing=10)
        self._column.addWidget(self._rows, 1)
        self.options = WritingOptions()
        self.options.changed.connect(self._on_options_changed)
        self._column.addWidget(self.options)
        self.paste = Button("Paste", icon="paste", small=True, name="use.paste", tooltip="Take what was copied last")
        self.paste.clicked.connect(self.take_clipboard)
        self.sample = Button(
            "Sample",
            icon="shuffle",
            small=True,
            name="use.sample",
            tooltip="Take a sample it has never seen from the data",
        )
        self.sample.clicked.connect(self.sample_requested)
        self.recent = Button("Recent", icon="clock", small=True, name="use.recent", tooltip="What was given before")
        self.recent.clicked.connect(self._on_recent)
        self._tools = QWidget()
        self._flow = FlowLayout(self._tools, gap=6)
        self._column.addWidget(self._tools)
        self.ask = Button("Answer", role="primary", name="use.ask")
        self.ask.clicked.connect(self._on_asked)
        self._column.addWidget(self.ask)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_AFTER_MS)
        self._timer.timeout.connect(self._on_rested)
        self.setAcceptDrops(True)
        self.set_fields(())

    # Files may be dropped anywhere on the form, not only on the place for them.

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not self.takes_files():
            event.ignore()
        elif self.files:
            self.files[0].drop.dragEnterEvent(event)
        elif event.mimeData().hasUrls():
            event.acceptProposedAction()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        if self.files:
            self.files[0].drop.dropEvent(event)
            return
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.take_files(paths)

    def takes_files(self) -> bool:
        """Whether a dropped file can be an input: a picture, or the one text there is."""
        return bool(self.files) or self._only_text() is not None

    # What there is

    @property
    def files(self) -> list[FileInput]:
        """The editors that take files."""
        return [editor for editor in self._editors.values() if isinstance(editor, FileInput)]

    @property
    def drop(self) -> DropArea:
        """The place for the first file. Raises IndexError where none is asked for."""
        return self.files[0].drop

    @property
    def picture(self) -> PictureInput:
        """The first editor of a picture. Raises StopIteration."""
        return next(editor for editor in self._editors.values() if isinstance(editor, PictureInput))

    def latents(self) -> list[LatentInput]:
        """The editors of noise."""
        return [editor for editor in self._editors.values() if isinstance(editor, LatentInput)]

    def editor(self, name: str) -> QWidget:
        """What takes the keys for a field. Raises KeyError."""
        return self._editors[name].core()

    def input(self, name: str) -> InputEditor:
        """The whole editor of a field. Raises KeyError."""
        return self._editors[name]

    def inputs(self) -> list[InputEditor]:
        """All editors, in order."""
        return list(self._editors.values())

    @property
    def written(self) -> frozenset[str]:
        """The texts that the network writes."""
        return self._written

    @property
    def begins(self) -> bool:
        """Whether the network goes on with a text that is begun here."""
        return any(field.name in self._written for field in self._fields or ())

    def focus_first(self) -> None:
        """Give the focus to the first input."""
        first = next(iter(self._editors.values()), None)
        if first is not None:
            first.core().setFocus()

    def takes_one_picture(self) -> bool:
        """Whether a picture is all the network needs."""
        return len(self._editors) == 1 and isinstance(next(iter(self._editors.values())), PictureInput)

    def sample_shown(self) -> SampleRead | None:
        """The sample that is given now; None once anything was changed."""
        return self._sample

    def manner(self) -> dict[str, object]:
        """How texts are to be written; {} where none are."""
        if not self._written:
            return {}
        manner = self.options.manner()
        return {**manner, "length": 1} if self.peeks else {**manner, "stream": True}

    def set_fields(
        self, fields: tuple[Field, ...], noises: tuple[Node, ...] = (), written: frozenset[str] = frozenset()
    ) -> None:
        """Ask for these. What was given for one that stays is kept."""
        if (fields, noises, written) == (self._fields, self._noises, self._written):
            return
        kept = {name: (editor.field.kind, editor.state()) for name, editor in self._editors.items()}
        for editor in self._editors.values():
            editor.hide()
            editor.deleteLater()
        for tool in self._own_tools():
            tool.hide()
            tool.deleteLater()
        self._clear_rows()
        self._fields, self._noises, self._written = fields, noises, written
        self._editors = {}
        self._sample = None
        self._timer.stop()
        alone = sum(field.kind in _FILES for field in fields) == 1
        for field in fields:
            self._add(self._made(field, alone))
        for node in noises:
            latent = LatentInput(node)
            latent.many_wanted.connect(self.many_wanted)
            self._add(latent)
        self._lay_out()
        for name, (kind, state) in kept.items():
            if name in self._editors and self._editors[name].field.kind is kind:
                self._editors[name].restore(state)

    def _made(self, field: Field, alone: bool) -> InputEditor:
        match field.kind:
            case FieldKind.IMAGE:
                return PictureInput(field, alone=alone)
            case FieldKind.AUDIO:
                return SoundInput(field, alone=alone)
            case FieldKind.SERIES:
                return SeriesInput(field, alone=alone)
            case FieldKind.MASK:
                return FileInput(field, alone=alone)
            case FieldKind.NUMBER:
                number = NumberInput(field)
                number.curve_wanted.connect(lambda on, name=field.name: self.curve_wanted.emit(name, on))
                return number
            case FieldKind.CATEGORY:
                return CategoryInput(field)
            case FieldKind.TEXT:
                return TextInput(field, begins=field.name in self._written)
            case FieldKind.ARRAY:
                return ArrayInput(field)
            case _:
                return LineInput(field)

    def _add(self, editor: InputEditor) -> None:
        self._editors[editor.name] = editor
        editor.changed.connect(self._on_taken if isinstance(editor, FileInput) else self._on_changed)
        editor.refused.connect(self.refused)
        if isinstance(editor, FileInput):
            editor.several.connect(lambda paths, name=editor.name: self._on_several(name, paths))
            editor.shown.connect(self.picture_shown)

    def _clear_rows(self) -> None:
        while (item := self._rows.column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
        while (item := self._flow.takeAt(0)) is not None:
            pass

    def _lay_out(self) -> None:
        """A place for a file stands on top with all the room there is; the rest scrolls under it."""
        files = self.files
        pads = any(latent.pad is not None for latent in self.latents())  # a map has the room that a file would take
        large = files[0] if len(files) == 1 and not pads else None
        scrolled = [editor for editor in self._editors.values() if editor is not large]
        if pads:
            scrolled.sort(key=lambda editor: not isinstance(editor, LatentInput))
        for editor in scrolled:
            if isinstance(editor, FileInput):
                editor.setMinimumHeight(170)
                if pads:
                    editor.setMaximumHeight(_BESIDE_A_MAP)
            self._rows.column.addWidget(editor, int(is_long(editor.field) or isinstance(editor, LatentInput)))
        if not any(is_long(editor.field) or isinstance(editor, LatentInput) for editor in scrolled):
            self._rows.column.addStretch(1)
        if large is not None:
            self._column.insertWidget(0, large, 2 if scrolled else 1)
        self._rows.setVisible(bool(scrolled))
        self._flow.addWidget(self.sample)
        for tool in self._own_tools():
            self._flow.addWidget(tool)
            tool.show()
        self._flow.addWidget(self.paste)
        self._flow.addWidget(self.recent)
        self.sample.setVisible(bool(self._fields))
        self.paste.setVisible(bool(self._fields))
        self._tools.setVisible(bool(self._editors))
        self.recent.setVisible(bool(self._editors))
        self._show_recent()
        self.options.setVisible(bool(self._written))
        self._show_ask()

    def _own_tools(self) -> list[QWidget]:
        return [tool for editor in self._editors.values() for tool in editor.tools()]

    # Giving

    def take_files(self, paths: list[Path]) -> None:
        """Answer for files of pictures or sound, for a table over time, or for the text of one text file."""
        text = self._only_text()
        if self.files:
            self.files[0].take_files(paths)
        elif text is not None and paths:
            text.take_file(paths[0])
        else:
            self.refused.emit("This network does not take files. Fill in the fields.")

    def take_clipboard(self) -> None:
        """Answer for what was copied last: a picture, files, numbers, a row of a table, or a text."""
        data = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.take_files(paths)
        elif data.hasImage() and any(isinstance(editor, PictureInput) for editor in self._editors.values()):
            self.take_image(QGuiApplication.clipboard().image(), "pasted picture")
        elif not (data.hasText() and self._take_text(data.text())):
            wanted = "a picture, or files" if self.files else "a text" if self._only_text() else "a row of a table"
            self.refused.emit(f"Nothing that could be used was copied. Copy {wanted}, then paste.")

    def take_image(self, image: QImage, name: str) -> None:
        """Answer for a picture that is in memory already; `name` is shown under it."""
        self.picture.take_image(image, name)

    def take_sample(self, sample: SampleRead) -> None:
        """Answer for a sample of the data."""
        for name, editor in self._editors.items():
            if name in sample.values:
                editor.show_sample(sample.values[name], sample.shown.get(name), sample.name)
        self._sample = sample
        self._timer.stop()
        if all(not editor.lacks() for editor in self._editors.values()):
            self.peeks = self.begins
            self._give()

    def take_row(self, row: dict[str, object]) -> None:
        """Answer for values of some fields; the others stay."""
        for name, value in row.items():
            if name in self._editors:
                self._editors[name].restore(value)
        self._on_changed()

    def go_on_with(self, output: str, text: str) -> None:
        """Have the network write on from this text, which stands for an output."""
        name = next((field.name for field in self._fields or () if field.name in self._written), "")
        if name:
            self._editors[name].restore(text)
            self._sample = None
            self.peeks = False
            self._give()
            return
        self._timer.stop()
        self.peeks = False
        written = output if output in self._written else next(iter(self._written), "")
        values = {key: editor.value() for key, editor in self._editors.items()}
        self.given.emit([{**values, written: text}])

    def set_writing(self, writing: bool) -> None:
        """Whether a text is being written now; the button then stops it."""
        if writing != self._writing:
            self._writing = writing
            self._show_ask()

    def set_busy(self, busy: bool) -> None:
        """Whether an answer is awaited."""
        for editor in self._editors.values():
            if isinstance(editor, PictureInput):
                editor.busy = busy

    def show_drawn(self, drawn: dict[str, list[float]]) -> None:
        """Which numbers a generator was given."""
        for latent in self.latents():
            if latent.name in drawn:
                latent.show_drawn(drawn[latent.name])

    def _only_text(self) -> TextInput | None:
        editors = list(self._editors.values())
        first = editors[0] if len(editors) == 1 else None
        return first if isinstance(first, TextInput) else None

    def _take_text(self, text: str) -> bool:
        """Whether a copied text is of use."""
        only = self._only_text()
        if only is not None and text.strip():
            only.restore(text)
            self._on_changed()
            return True
        series = [editor for editor in self._editors.values() if isinstance(editor, SeriesInput)]
        if len(series) == 1 and series[0].take_text(text):
            return True
        names = [name for name, editor in self._editors.items() if not isinstance(editor, FileInput | LatentInput)]
        rows = pasted_rows(text, names)
        if not rows:
            return False
        if len(rows) == 1:
            self.take_row(rows[0])
        else:
            rest = {name: editor.value() for name, editor in self._editors.items()}
            self._sample = None
            self.peeks = False
            self.given.emit([{**rest, **row} for row in rows])
        return True

    def _on_changed(self) -> None:
        self._sample = None
        self._timer.start()

    def _on_taken(self) -> None:
        """Something was given at one go."""
        self._sample = None
        self._give_if_whole()

    def _on_options_changed(self) -> None:
        if not self.begins:
            self._timer.start()

    def _on_several(self, name: str, paths: list[str]) -> None:
        others = {key: editor for key, editor in self._editors.items() if key != name}
        lacking = next((words for editor in others.values() if (words := editor.lacks())), "")
        if lacking:
            self.refused.emit(lacking)
            return
        self._sample = None
        self._timer.stop()
        rest = {key: editor.value() for key, editor in others.items()}
        self.peeks = False
        self.given.emit([{**rest, name: path} for path in paths])

    def _on_rested(self) -> None:
        self._give_if_whole(changing=True)

    def _give_if_whole(self, *, changing: bool = False) -> None:
        if self._editors and all(not editor.lacks() for editor in self._editors.values()):
            self.peeks = self.begins
            self._give(changing=changing)

    def _on_asked(self) -> None:
        if self._writing:
            self.stop_wanted.emit()
            return
        lacking = next((words for editor in self._editors.values() if (words := editor.lacks())), "")
        if lacking:
            self.refused.emit(lacking)
            return
        self.peeks = False
        latents = self.latents()
        if latents and len(latents) == len(self._editors) and self._given == [item.value() for item in latents]:
            for latent in latents:  # what there is was made already
                latent.draw_another()
        self._give()

    def _give(self, *, changing: bool = False) -> None:
        self._timer.stop()
        self._given = [latent.value() for latent in self.latents()]
        values = {name: editor.value() for name, editor in self._editors.items()}
        self._remember(changing=changing)
        self.given.emit([values])

    # Memory

    def _remember(self, *, changing: bool) -> None:
        """Keep what is given; while the user is `changing` it, one entry follows it."""
        words = " · ".join(editor.told() for editor in list(self._editors.values())[:4])
        now = time.monotonic()
        follows = changing and self._remembered and now - self._changed_at < _SETTLED_S
        self._changed_at = now if changing else -_SETTLED_S
        if not words.strip():
            return
        if follows:
            del self._remembered[0]
        states = {name: editor.state() for name, editor in self._editors.items()}
        self._remembered = [item for item in self._remembered if item.words != words]
        self._remembered.insert(0, _Remembered(words, states))
        del self._remembered[_REMEMBERED:]
        self._show_recent()

    def _show_recent(self) -> None:
        self.recent.set_blocked("" if self._remembered else "Nothing was given yet.")

    def forget(self) -> None:
        """Another project is open."""
        self._remembered.clear()
        self._show_recent()

    def remembered(self) -> list[str]:
        """What was given before, latest first."""
        return [item.words for item in self._remembered]

    def give_again(self, place: int) -> None:
        """Give what was given before."""
        for name, state in self._remembered[place].states.items():
            if name in self._editors:
                self._editors[name].restore(state)
        self._sample = None
        self.peeks = self.begins
        self._give()

    def _on_recent(self) -> None:
        menu = QMenu(self)
        for place, item in enumerate(self._remembered):
            action = menu.addAction(button_text(item.words[:60]))
            action.triggered.connect(lambda _on=False, place=place: self.give_again(place))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.recent.mapToGlobal(self.recent.rect().bottomLeft()))

    # The button

    def _show_ask(self) -> None:
        made = bool(self._noises) and not self._fields
        words = "Stop" if self._writing else "Write" if self._written else "Make" if made else "Answer"
        self.ask.set_text(words)
        self.ask.set_icon("stop" if self._writing else "")
        self.ask.setVisible(bool(self._written or made))

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.take_clipboard()
        else:
            super().keyPressEvent(event)
