"""The file dialogs of the window, each one question."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

DATA_FILES = "Data (*.csv *.tsv *.npz *.txt *.gz *-ubyte *.zip *.png *.jpg *.jpeg);;All files (*)"
MODEL_FILES = "ONNX models (*.onnx)"


def choose_project(parent: QWidget, start: Path) -> Path | None:
    """The folder of a project."""
    return _path(QFileDialog.getExistingDirectory(parent, "Open a project folder", str(start)))


def choose_data_folder(parent: QWidget) -> Path | None:
    """A folder with data."""
    return _path(QFileDialog.getExistingDirectory(parent, "Choose a folder with data"))


def choose_data_file(parent: QWidget) -> Path | None:
    """A table, an archive or a text file."""
    return _path(QFileDialog.getOpenFileName(parent, "Choose a file with data", "", DATA_FILES)[0])


def choose_model(parent: QWidget) -> Path | None:
    """A foreign model."""
    return _path(QFileDialog.getOpenFileName(parent, "Import a model", "", MODEL_FILES)[0])


def choose_new_folder(parent: QWidget, suggested: Path) -> Path | None:
    """The name of a folder that is to be made."""
    options = QFileDialog.Option.ShowDirsOnly
    return _path(QFileDialog.getSaveFileName(parent, "Save a copy as", str(suggested), "", "", options)[0])


def _path(text: str) -> Path | None:
    return Path(text) if text else None
