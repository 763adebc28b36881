"""The user's blocks outlive the window, are read strictly, and nothing that is taken away is lost."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document.block import BlockDefinition, DrawnBlock
from engine.document.block_files import BlockFile, block_file, to_bytes
from engine.document.graph import Node
from gui.models.block_shelf import BlockShelf
from gui.models.settings import Settings


def made(title: str) -> BlockFile:
    drawn = DrawnBlock(id="block1", title=title, nodes=(Node(id="relu1", type="ReLU"),))
    return block_file({"block1": BlockDefinition.of(drawn)}, "block1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "config")


def test_a_saved_block_is_there_in_the_next_window(qtbot: QtBot, settings: Settings) -> None:
    shelf = BlockShelf(settings)
    told: list[int] = []
    shelf.changed.connect(lambda: told.append(1))
    stored = shelf.save(made("Résidual / two"))
    assert shelf.save(made("Résidual / two")) is stored, "the same twice is one"
    other = shelf.save(made("résidual two"))
    assert [block.title for block in shelf.mine] == ["Résidual / two", "résidual two"]
    assert stored.path != other.path and stored.path.name.isascii()
    assert len(told) == 2
    shelf.close()
    again = BlockShelf(settings)
    assert [block.file for block in again.mine] == [made("Résidual / two"), made("résidual two")]
    assert again.damaged == {}
    again.rename(stored.key, "Stem")
    again.close()
    third = BlockShelf(settings)
    assert [block.title for block in third.mine] == ["résidual two", "Stem"]
    third.delete(stored.key)
    third.close()
    assert [block.title for block in BlockShelf(settings).mine] == ["résidual two"]
    assert (stored.path.parent / "deleted" / stored.path.name).exists(), "it can be put back by hand"


def test_damaged_files_are_left_out_and_kept(qtbot: QtBot, settings: Settings) -> None:
    folder = settings.directory / "blocks"
    folder.mkdir(parents=True)
    (folder / "good.json").write_bytes(to_bytes(made("Good")))
    (folder / "bad.json").write_bytes(b"{")
    shelf = BlockShelf(settings)
    assert [block.title for block in shelf.mine] == ["Good"]
    (error,) = shelf.damaged.values()
    assert error.where == "bad.json"
    assert shelf.save(made("bad")).path.name == "bad-2.json", "a damaged file is not written over"
    shelf.close()
    assert (folder / "bad.json").read_bytes() == b"{"


def test_a_block_that_cannot_be_written_is_told_and_not_shown(qtbot: QtBot, settings: Settings) -> None:
    settings.directory.parent.mkdir(parents=True, exist_ok=True)
    settings.directory.write_text("a file where the folder should be")
    shelf = BlockShelf(settings)
    with qtbot.waitSignal(shelf.failed) as told:
        shelf.save(made("Lost"))
    assert "Lost" in str(told.args[0]) and shelf.mine == []
    shelf.close()


def test_shipped_blocks_cannot_be_renamed_or_deleted(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "residual.json").write_bytes(to_bytes(made("Residual")))
    shelf = BlockShelf(None, tmp_path)
    (shipped,) = shelf.shipped
    assert shipped.key == "shipped/residual" and shelf.find("shipped/residual") == shipped
    shelf.rename(shipped.key, "Mine")
    shelf.delete(shipped.key)
    assert shelf.shipped == [shipped] and (tmp_path / "residual.json").exists()
