"""A project model that is closed at the end, and settings that never touch the user's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gui.models import project as project_module
from gui.models.project import ProjectModel
from tests.gui.fake_engine import FakeEngine


@pytest.fixture(autouse=True)
def own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 20)  # the tests would wait a second for each save


@pytest.fixture
def model(qapp: object) -> Iterator[ProjectModel]:
    project = ProjectModel()
    yield project
    project.shut_down()


@pytest.fixture
def engine(qapp: object) -> FakeEngine:
    return FakeEngine()
