"""The files exported in this session side by side."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.protocol.messages.deployment import ModelExported
from gui.models.project import ProjectModel
from gui.models.use import UseModel
from gui.use.export_panel import ExportPanel, size_text
from gui.widgets.card import Card
from gui.widgets.text import Text

_MOST = 8


class ExportedFiles(Card):
    """A row an export, the newest first: size and how alike its answers are."""

    def __init__(
        self, project: ProjectModel, use: UseModel, export: ExportPanel, parent: QWidget | None = None
    ) -> None:
        super().__init__("Exported files", "since it was opened", name="use.files", parent=parent)
        self._use, self._export = use, export
        self._results: list[tuple[str, ModelExported]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(0, 110)
        self._cells: list[list[Text]] = []
        for at, heading in enumerate(("file", "precision", "size", "same answers", "difference")):
            label = Text(heading, role="mono-small")
            label.setAlignment(_side(at))
            self._grid.addWidget(label, 0, at)
        self._none = Text(
            "Nothing exported yet. Each export is listed here with its size and its proof.", role="note", wrap=True
        )
        self.body.addLayout(self._grid)
        self.body.addWidget(self._none)
        self.body.addStretch(1)
        use.changed.connect(self._refresh)
        project.opened.connect(self._on_opened)
        self._show()

    def rows(self) -> list[list[str]]:
        """What is shown."""
        return [[cell.whole_text() for cell in cells] for cells in self._cells if not cells[0].isHidden()]

    def _refresh(self) -> None:
        result = self._use.export_result
        if result is not None and all(result is not known for _, known in self._results):
            precision = str(self._export.precision.value())
            others = [(p, known) for p, known in self._results if known.file != result.file]
            self._results = [(precision, result), *others][:_MOST]
            self._show()

    def _on_opened(self) -> None:
        self._results = []
        self._show()

    def _show(self) -> None:
        self._none.setVisible(not self._results)
        self.setVisible(bool(self._results))
        while len(self._cells) < len(self._results):
            cells = [Text("", role="mono", elide=Qt.TextElideMode.ElideMiddle)]
            cells += [Text("", role="mono", tone="dim") for _ in range(4)]
            for at, cell in enumerate(cells):
                cell.setAlignment(_side(at))
                self._grid.addWidget(cell, len(self._cells) + 1, at)
            self._cells.append(cells)
        for at, cells in enumerate(self._cells):
            for cell in cells:
                cell.setVisible(at < len(self._results))
            if at < len(self._results):
                precision, result = self._results[at]
                verified = result.verified
                share = verified.same_answers / verified.samples if verified.samples else 0.0
                for cell, text in zip(
                    cells,
                    (
                        Path(result.file).name,
                        precision,
                        size_text(result.bytes),
                        f"{share * 100:.4g} %",
                        f"{verified.max_abs_difference:.1e}",
                    ),
                    strict=True,
                ):
                    cell.set_text(text)


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
