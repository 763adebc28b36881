"""The user's own blocks, kept in the settings folder from project to project, and those that ship with the program.

Each is a file of `engine.document.block_files`: data, read strictly, written whole or not at all on a thread.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.catalog.networks.shipped import Shelf, shipped
from engine.catalog.pretrained import PRETRAINED, Pretrained
from engine.document.atomic import write_atomically
from engine.document.block import BlockDefinition
from engine.document.block_files import BlockFile, block_file, from_bytes, to_bytes
from engine.errors import NetwrightError, ProjectError
from gui.models.background import Background
from gui.models.settings import Settings

MOST: Final = 500
"""Files that are read; a folder with more is not one of blocks."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block and its file; `mine` tells the user's from those that ship, which have no file but are drawn."""

    path: Path
    file: BlockFile
    mine: bool
    network: bool = False
    """Whether it is a whole network, not a part of one."""
    synonyms: tuple[str, ...] = ()
    pretrained: Pretrained | None = None
    """The network that has learned already, of one that brings weights."""

    @property
    def key(self) -> str:
        """Names it in palette and search."""
        if self.pretrained is not None:
            return f"pretrained/{self.pretrained.name}"
        return f"{'mine' if self.mine else 'shipped'}/{self.path.stem}"

    @property
    def title(self) -> str:
        """What it is called."""
        return self.file.main.title or self.file.block


class BlockShelf(QObject):
    """Reads the folder when first asked; without settings it holds nothing of the user's and keeps what is saved.

    The shipped ones are drawn on a thread when first asked for; `changed` tells that they are there.
    """

    changed = Signal()
    failed = Signal(object)
    """NetwrightError: why a block could not be saved, renamed or deleted."""

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = settings.directory / "blocks" if settings is not None else None
        self._mine: dict[str, StoredBlock] | None = None
        self._shipped: list[StoredBlock] | None = None
        self.damaged: dict[Path, ProjectError] = {}
        """Files that could not be read, and why; they stay where they are."""
        self._background = Background("netwright-blocks", self)

    @property
    def mine(self) -> list[StoredBlock]:
        """The user's blocks by title."""
        if self._mine is None:
            self._mine = self._read()
        return _by_title(self._mine.values())

    @property
    def shipped(self) -> list[StoredBlock]:
        """Those that come with the program, blocks first, in the catalog's order; none until they are drawn."""
        if self._shipped is None:
            self._shipped = []
            self._background.run(_draw_shipped, self._on_drawn)
        return self._shipped

    def find(self, key: str) -> StoredBlock | None:
        """The block of that key."""
        return next((block for block in (*self.mine, *self.shipped) if block.key == key), None)

    def save(self, file: BlockFile) -> StoredBlock:
        """Keep a block; one with the same content is there already, another of the same name stays beside it."""
        present = next((block for block in self.mine if block.file == file), None)
        if present is not None:
            return present
        stem = _stem(file.main.title or file.block)
        name, number = stem, 1
        taken = {block.path.stem for block in self.mine}
        while name in taken or (self._folder is not None and (self._folder / f"{name}.json") in self.damaged):
            number += 1
            name = f"{stem}-{number}"
        stored = StoredBlock((self._folder or Path("blocks")) / f"{name}.json", file, True)
        self._put(stored)
        return stored

    def rename(self, key: str, title: str) -> None:
        """Call one of the user's blocks otherwise; its file keeps its name."""
        block = self.find(key)
        if block is None or not block.mine or not title.strip() or title.strip() == block.title:
            return
        blocks = tuple(
            msgspec.structs.replace(drawn, title=title.strip()[:120]) if drawn.id == block.file.block else drawn
            for drawn in block.file.blocks
        )
        self._put(StoredBlock(block.path, msgspec.structs.replace(block.file, blocks=blocks), True))

    def delete(self, key: str) -> None:
        """Take away one of the user's blocks; its file goes to the folder `deleted`, projects hold their own copy."""
        block = self.find(key)
        if block is None or not block.mine or self._mine is None:
            return
        del self._mine[block.path.stem]
        self.changed.emit()
        if self._folder is not None:
            aside = block.path.parent / "deleted"

            def put_aside() -> None:
                aside.mkdir(exist_ok=True)
                block.path.replace(aside / block.path.name)

            self._background.run(
                put_aside,
                failed=lambda error: self._on_failed(error, block, "deleted"),
            )

    def close(self) -> None:
        """Finish writing and end the thread."""
        self._background.close()

    # Inside.

    def _on_drawn(self, blocks: list[StoredBlock]) -> None:
        self._shipped = blocks
        self.changed.emit()

    def _put(self, stored: StoredBlock) -> None:
        _ = self.mine
        assert self._mine is not None
        before = self._mine.get(stored.path.stem)
        self._mine[stored.path.stem] = stored
        self.changed.emit()
        if self._folder is None:
            return
        path, data = stored.path, to_bytes(stored.file)

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)

        self._background.run(write, failed=lambda error: self._on_not_saved(error, stored, before))

    def _on_not_saved(self, error: Exception, stored: StoredBlock, before: StoredBlock | None) -> None:
        assert self._mine is not None
        if before is None:
            self._mine.pop(stored.path.stem, None)
        else:
            self._mine[stored.path.stem] = before
        self.changed.emit()
        self._on_failed(error, stored, "saved")

    def _on_failed(self, error: Exception, block: StoredBlock, what: str) -> None:
        if not isinstance(error, NetwrightError):
            error = ProjectError(f"{block.title} was not {what}.", where=str(block.path), found=str(error))
        self.failed.emit(error)

    def _read(self) -> dict[str, StoredBlock]:
        folder = self._folder
        found: dict[str, StoredBlock] = {}
        try:
            paths = sorted(folder.glob("*.json"))[:MOST] if folder is not None else []
        except OSError:
            paths = []  # no folder yet, or none we may read: there are no blocks then
        for path in paths:
            try:
                found[path.stem] = StoredBlock(path, from_bytes(path.read_bytes(), path.name), True)
            except ProjectError as error:
                self.damaged[path] = error
            except OSError as error:
                self.damaged[path] = ProjectError(f"{path.name} cannot be read.", where=str(path), found=str(error))
        return found


def _draw_shipped() -> list[StoredBlock]:
    return [
        StoredBlock(
            Path(item.id),
            block_file({block.id: BlockDefinition.of(block) for block in item.blocks}, item.id, help=item.help),
            False,
            network=item.shelf is Shelf.NETWORK,
            synonyms=item.synonyms,
        )
        for item in shipped()
    ] + [
        StoredBlock(
            Path(item.name),
            block_file(
                {block.id: BlockDefinition.of(block) for block in item.blocks()},
                item.blocks()[-1].id,
                help=f"{item.purpose} It has learned from {item.learned_from}, and wants {item.wants}.",
            ),
            False,
            network=True,
            synonyms=("pretrained", "weights", "transfer", "backbone", "frozen", item.name, item.kind.value),
            pretrained=item,
        )
        for item in PRETRAINED
    ]


def _by_title(blocks: Iterable[StoredBlock]) -> list[StoredBlock]:
    return sorted(blocks, key=lambda block: (block.title.lower(), block.path.stem))


def _stem(title: str) -> str:
    """A file name that every system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-")
    return words if words and words not in {"con", "nul", "prn", "aux"} else f"block-{words}".strip("-")
