"""A place for files in Try it: pictures, recordings, tables over time, masks."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from engine.document.data_spec import Field, FieldKind
from engine.protocol.messages.data import Shown
from gui.use.inputs.input_editor import InputEditor
from gui.widgets.drop_area import DropArea

MOST_FILES: Final = 200
ASKED: Final = {
    FieldKind.IMAGE: ("picture", "or click to choose, or paste one", "image"),
    FieldKind.MASK: ("mask", "or click to choose", "image"),
    FieldKind.AUDIO: ("recording", "or click to choose: WAV, FLAC, OGG, MP3", "audio"),
    FieldKind.SERIES: ("table", "or click to choose: its last rows are looked at", "chart"),
}
_PICTURES: Final = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff);;All files (*)"
_FILTERS: Final = {
    FieldKind.IMAGE: _PICTURES,
    FieldKind.MASK: _PICTURES,
    FieldKind.AUDIO: "Sound (*.wav *.flac *.ogg *.mp3 *.aif *.aiff *.au *.opus);;All files (*)",
    FieldKind.SERIES: "Tables (*.csv *.tsv *.xlsx *.parquet);;All files (*)",
}


class FileInput(InputEditor):
    """Shows what was given, as a picture. `several` carries the paths of files that were given together."""

    several = Signal(object)
    shown = Signal()
    """What was given can be seen now."""

    def __init__(self, field: Field, parent: QWidget | None = None, *, alone: bool = True) -> None:
        super().__init__(field, parent)
        self._value: object = None
        self._words = ""
        noun, hint, icon = ASKED[field.kind]
        title = f"Drop a {noun} here" if alone else f"Drop {field.name} here"
        self.drop = DropArea(title, hint, icon=icon, name="use.drop" if alone else f"use.drop.{field.name}")
        self.drop.setMinimumHeight(150)
        self.drop.files_dropped.connect(self.take_files)
        self.drop.refused.connect(self.refused)
        self.drop.chooser_requested.connect(self.choose)
        self.places = QStackedWidget()
        self.places.addWidget(self.drop)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.column.addWidget(self.places, 1)

    @property
    def noun(self) -> str:
        """What is given here."""
        return ASKED[self.field.kind][0]

    def core(self) -> QWidget:
        return self.drop

    def value(self) -> object:
        return self._value

    def lacks(self) -> str:
        return f"Drop a {self.noun} first." if self._value is None else ""

    def told(self) -> str:
        return self._words or self.noun

    def take_files(self, paths: list[Path]) -> None:
        """Take files, or what lies in folders; several together are answered one by one."""
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
        self.begin(str(files[0]), files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more")
        self.look_at(files[0])
        if len(files) > 1:
            self.several.emit([str(path) for path in files])
        else:
            self.changed.emit()

    def take_value(self, value: object, words: str, picture: QPixmap | None) -> None:
        """Something that is in memory, with how it looks."""
        self.begin(value, words)
        self.drop.set_picture(picture)
        self.shown.emit()
        self.changed.emit()

    def begin(self, value: object, words: str) -> None:
        """Hold another value; what shows of the one before is put away."""
        self.leave()
        self._value, self._words = value, words
        self.places.setCurrentWidget(self.drop)
        self.drop.set_words(f"Drop another {self.noun}", words)

    def leave(self) -> None:
        """Another value comes: end what was going on."""

    def look_at(self, path: Path) -> None:
        """Begin to show a file."""

    def show_sample(self, value: object, shown: Shown | None, name: str) -> None:
        self.begin(value, name)
        self.drop.set_picture(self.picture_of(shown) if shown is not None else None)
        self.shown.emit()

    def picture_of(self, shown: Shown) -> QPixmap | None:
        """How a value looks."""
        if len(shown.rgb) != shown.width * shown.height * 3 or not shown.rgb:
            return None
        image = QImage(shown.rgb, shown.width, shown.height, 3 * shown.width, QImage.Format.Format_RGB888)
        return QPixmap.fromImage(image)

    def state(self) -> object:
        return self._value, self._words, self.drop.picture()

    def restore(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 3:
            value, words, picture = state
            if value is None:
                return
            self.begin(value, str(words))
            self.drop.set_picture(picture if isinstance(picture, QPixmap) else None)
            self.shown.emit()

    def choose(self) -> None:
        """Let the user pick files."""
        chosen, _ = QFileDialog.getOpenFileNames(self, f"Choose {self.noun}s", "", _FILTERS[self.field.kind])
        if chosen:
            self.take_files([Path(name) for name in chosen])
