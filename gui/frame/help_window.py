"""The help pages that ship with Netwright, in a window of their own that can stay open beside the work."""

import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextTable,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from gui.frame import catalog_page
from gui.widgets.button import Button
from gui.widgets.fonts import SIZE_HEADING, SIZE_MONO, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.resources import RESOURCES
from gui.widgets.row_list import RowList
from gui.widgets.theme import current_theme, theme_notifier

PAGES: Final = RESOURCES / "help"
FIRST: Final = "index"
PROJECT: Final = "this project"
"""The page that the open project brings with it."""
_PAGE_BYTES: Final = 500_000


class HelpBrowser(QTextBrowser):
    """Shows markdown of the help folder and pictures beside it; nothing from elsewhere is ever loaded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help.page")
        self.setAccessibleName("Help page")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)

    @guarded
    def loadResource(self, kind: int, name: QUrl | str) -> object:
        url = QUrl(name)
        path = inside_help(url.path())
        if path is None or url.scheme() not in ("", "file") or kind != QTextDocument.ResourceType.ImageResource.value:
            return None
        return path.read_bytes()


class HelpWindow(QDialog):
    """Pages at the left, the page at the right; Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self.setWindowTitle("Netwright help")
        self.setModal(False)
        self.resize(880, 680)
        self._page = ""
        self._back: list[str] = []
        self._of_project = ""
        self.list = RowList(name="help.pages", accessible="Help pages", grows=False)
        self.list.setFixedWidth(200)
        for page in pages():
            self.list.add_row(title_of(page), key=page)
        self.list.currentRowChanged.connect(self._on_row_changed)
        self.browser = HelpBrowser()
        self.browser.anchorClicked.connect(self._on_link)
        self.back = Button("Back", role="quiet", icon="arrow-left", small=True, name="help.back")
        self.back.clicked.connect(self._on_back)
        self.back.set_blocked("This is the first page you opened.")
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        left.addWidget(self.list, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(12)
        row.addLayout(left)
        row.addWidget(self.browser, 1)
        theme_notifier().changed.connect(self._render)

    def open_page(self, page: str, anchor: str = "") -> None:
        """Show a page by its name ("data"), at a heading if one is named; an unknown one shows the first page."""
        if page not in pages() and catalog_page.markdown(page) is None and not (page == PROJECT and self._of_project):
            page = FIRST
        if self._page and page != self._page:
            self._back.append(self._page)
            self.back.set_blocked("")
        self._show(page)
        if anchor:
            self.browser.scrollToAnchor(anchor)

    def open_project_page(self, text: str) -> None:
        """Show what the open project says of itself, markdown from its README."""
        if not self._of_project:
            self.list.add_row("This project", key=PROJECT)
        self._of_project = text
        self.open_page(PROJECT)

    def page(self) -> str:
        """The page shown."""
        return self._page

    def _show(self, page: str) -> None:
        self._page = page
        self.list.blockSignals(True)
        self.list.select_key(page.partition(".")[0])
        self.list.blockSignals(False)
        self._render()

    def _render(self) -> None:
        if not self._page:
            return
        theme = current_theme()
        document = self.browser.document()
        document.setDefaultStyleSheet(
            f"a {{ color: {theme.link}; }} code {{ color: {theme.text}; background: {theme.raised}; }}"
        )
        document.setDocumentMargin(18)
        # Qt's importer makes HTML of the page; tags in the text itself stay text.
        document.setMarkdown(
            self._of_project if self._page == PROJECT else page_text(self._page),
            QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML,
        )
        _dress(document)
        self.browser.moveCursor(QTextCursor.MoveOperation.Start)
        self.browser.verticalScrollBar().setValue(0)

    def _on_row_changed(self, _row: int) -> None:
        key = self.list.current_key()
        if isinstance(key, str) and key != self._page.partition(".")[0]:
            self.open_page(key)

    def _on_back(self) -> None:
        if self._back:
            self._show(self._back.pop())
        if not self._back:
            self.back.set_blocked("This is the first page you opened.")

    def _on_link(self, url: QUrl) -> None:
        """Links between pages are followed; an address outside is only shown, never opened."""
        if url.scheme() in ("", "file") and url.path().endswith(".md"):
            self.open_page(Path(url.path()).stem, url.fragment())  # the stem of "layers.Conv2d.md" keeps its point
        elif not url.scheme() and url.fragment():
            self.browser.scrollToAnchor(url.fragment())
        else:
            self.setWindowTitle(f"Netwright help · {url.toString()[:120]}")


def _dress(document: QTextDocument) -> None:
    """Give paragraphs air and headings weight; markdown says nothing of either."""
    theme = current_theme()
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        shape = block.blockFormat()
        level = shape.headingLevel()
        in_table = cursor.currentTable() is not None
        shape.setLineHeight(135.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        shape.setTopMargin(14.0 if level > 1 else 0.0)
        shape.setBottomMargin(0.0 if in_table else 8.0 if level or block.textList() is None else 3.0)
        cursor.setBlockFormat(shape)
        pieces = block.begin()
        while not pieces.atEnd():
            piece = pieces.fragment()
            cursor.setPosition(piece.position())
            cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
            letters = QTextCharFormat()
            if level:
                letters.setFont(text_font(20 if level == 1 else SIZE_HEADING, QFont.Weight.DemiBold))
            elif piece.charFormat().fontWeight() > QFont.Weight.Medium:
                letters.setFontWeight(QFont.Weight.DemiBold)
            if piece.charFormat().isAnchor():
                letters.setForeground(QColor(theme.link))
            elif piece.charFormat().fontFixedPitch():
                letters.setFont(mono_font(SIZE_MONO))
            cursor.mergeCharFormat(letters)
            pieces += 1
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            lines = frame.format().toTableFormat()
            lines.setBorderBrush(QColor(theme.line))
            lines.setBorderCollapse(True)
            lines.setCellPadding(7.0)
            lines.setBottomMargin(12.0)
            frame.setFormat(lines)
    cursor.endEditBlock()


def pages() -> list[str]:
    """Names of the pages, the first one first, then in the order of the tabs; the groups of the catalog last."""
    found = {path.stem for path in PAGES.glob("*.md")}
    order = [FIRST, "data", "design", "train", "evaluate", "use"]
    return [name for name in order if name in found] + sorted(found - set(order)) + list(catalog_page.GROUPS)


def page_text(page: str) -> str:
    """The markdown of a page, lines of a paragraph joined as markdown means them."""
    written = catalog_page.markdown(page)
    if written is not None:
        return written
    path = inside_help(f"{page}.md")
    if path is None:
        return "# Help\n\nThis page is missing from the installation."
    with path.open(encoding="utf-8") as file:
        return file.read(_PAGE_BYTES)


def title_of(page: str) -> str:
    """The heading of a page."""
    if page in catalog_page.GROUPS:
        return catalog_page.GROUPS[page][0]
    match = re.search(r"^# (.+)$", page_text(page), re.MULTILINE)
    return match[1] if match else page


def inside_help(name: str) -> Path | None:
    """A file of the help folder; None for anything outside it or missing."""
    try:
        path = (PAGES / name.lstrip("/")).resolve()
    except (OSError, ValueError):
        return None
    return path if path.is_relative_to(PAGES.resolve()) and path.is_file() else None
