"""The palette: losses for the fields to be learned stand under Loss, the others under a heading of their own."""

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.catalog.layer import Family
from engine.document.data_spec import DataSpec, Field, FieldKind, Role
from engine.document.edits import SetData
from gui.design.families import TITLES
from gui.design.palette import Palette
from gui.models.project import ProjectModel
from gui.models.scope import Scope
from gui.widgets.theme import apply_theme
from tests.drawn_networks import small_cnn


def test_losses_follow_the_fields(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    apply_theme(qapp, "dark")
    model = ProjectModel()
    model.create(tmp_path / "p", small_cnn())
    palette = Palette(Scope(model))
    qtbot.addWidget(palette)
    palette.fold(TITLES[Family.LOSS])
    palette.fold("All other losses")
    texts = [palette.list.item(row).text() for row in range(palette.list.count())]
    other = texts.index("All other losses")
    names = palette.names()
    assert names.index("CrossEntropyLoss") < names.index("FocalLoss") < names.index("MSELoss")
    assert texts.index("Focal") < other < texts.index("Mean squared error")
    price = Field(name="price", kind=FieldKind.NUMBER, role=Role.TARGET)
    model.do(SetData(data=DataSpec(fields=(price,))))
    texts = [palette.list.item(row).text() for row in range(palette.list.count())]
    assert texts.index("Mean squared error") < texts.index("All other losses") < texts.index("Focal")
    model.shut_down()
