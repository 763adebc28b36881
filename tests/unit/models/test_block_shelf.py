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


def test_shipped_blocks_are_drawn_aside_and_cannot_be_renamed_or_deleted(qtbot: QtBot) -> None:
    shelf = BlockShelf(None)
    assert shelf.shipped == []
    with qtbot.waitSignal(shelf.changed):
        pass
    shipped = list(shelf.shipped)
    residual = shelf.find("shipped/residual")
    assert residual in shipped and residual is not None and not residual.network
    assert sum(block.network for block in shipped) >= 14
    shelf.rename(residual.key, "Mine")
    shelf.delete(residual.key)
    assert shelf.shipped == shipped
    shelf.close()
