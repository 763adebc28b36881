"""In the inspector: another loss for the same place, and what weights begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document.graph import Initial
from gui.design.node_settings import NodeSettings
from gui.models.project import ProjectModel
from gui.models.scope import Scope
from gui.widgets.theme import apply_theme
from tests.drawn_networks import small_cnn, table_network


@pytest.fixture
def project(qapp: QApplication, tmp_path: Path) -> Iterator[ProjectModel]:
    apply_theme(qapp, "dark")
    model = ProjectModel()
    model.create(tmp_path / "p", small_cnn())
    yield model
    model.shut_down()


@pytest.fixture
def settings(project: ProjectModel, qtbot: QtBot) -> NodeSettings:
    found = NodeSettings(Scope(project))
    qtbot.addWidget(found)
    found.show()
    return found


def test_losses_that_suit_the_field_stand_first(settings: NodeSettings, project: ProjectModel) -> None:
    settings.show_node("loss1")
    assert settings.loss.isVisible()
    names = settings.loss.editor.values()
    assert names[0] == "CrossEntropyLoss"
    heading = next(at for at, name in enumerate(names) if not isinstance(name, str))
    assert names.index("FocalLoss") < heading < names.index("MSELoss")
    assert settings.loss.editor.itemText(heading) == "All"
    settings.loss.editor.committed.emit("FocalLoss")
    node = project.project.graph.node("loss1")
    assert node.type == "FocalLoss"
    assert set(project.project.graph.inputs_of("loss1")) == {"prediction", "target"}
    project.history.undo()
    assert project.project.graph.node("loss1").type == "CrossEntropyLoss"
    settings.show_node("conv1")
    assert settings.loss.isHidden()


def test_a_number_sees_errors_first(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    apply_theme(qapp, "dark")
    model = ProjectModel()
    model.create(tmp_path / "p", table_network())
    found = NodeSettings(Scope(model))
    qtbot.addWidget(found)
    loss = next(
        node.id for node in model.project.graph.nodes.values() if node.type in ("MSELoss", "HuberLoss", "L1Loss")
    )
    found.show_node(loss)
    assert found.loss.editor.values()[0] == "MSELoss"
    model.shut_down()


def test_first_weights_of_a_node(settings: NodeSettings, project: ProjectModel) -> None:
    settings.show_node("conv1")
    first = settings.first_weights
    assert first.isVisible()
    first.weight.editor.committed.emit("Normal")
    assert project.project.graph.node("conv1").weight_init == Initial(type="Normal")
    settings.show_node("conv1")
    assert first.weight.form.isVisible()
    first.weight.form.value_changed.emit("std", 0.5)
    assert project.project.graph.node("conv1").weight_init == Initial(type="Normal", attributes={"std": 0.5})
    first.bias.editor.committed.emit("Ones")
    assert project.project.graph.node("conv1").bias_init == Initial(type="Ones")
    for _ in range(3):
        project.history.undo()
    assert project.project.graph.node("conv1").weight_init is None
    settings.show_node("relu1")
    assert first.isHidden(), "it has no weights"
