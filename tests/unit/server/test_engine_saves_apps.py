"""The real engine lists ready-made apps, saves one, and leaves nothing of one that was cancelled."""

import pytest
from engine_process import EngineProcess

from engine.catalog.apps import APPS
from engine.protocol.messages.apps import AppSaved, AppsListed, ListApps, SaveApp
from engine.protocol.messages.base import RequestFailed
from tests.unit.deployment.small_runs import finished_run, table


@pytest.fixture(scope="module")
def engine():
    with EngineProcess() as process:
        process.next_event()
        yield process


@pytest.fixture(scope="module")
def project_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tabular")
    finished_run(folder / "project", table(folder), target="kind")
    return folder / "project"


def test_it_lists_and_saves_and_says_what_is_wrong(engine, project_dir, tmp_path):
    listed = engine.answer(engine.send(ListApps, project_dir=str(project_dir), run="1"))
    assert isinstance(listed, AppsListed), listed
    assert [offer.key for offer in listed.apps] == [app.key for app in APPS]
    saved = engine.answer(
        engine.send(SaveApp, project_dir=str(project_dir), run="1", app="cpp", to=str(tmp_path / "a"))
    )
    assert isinstance(saved, AppSaved), saved
    assert saved.samples == 5 and saved.run == 1 and (tmp_path / "a" / "main.cpp").is_file()
    wrong = engine.answer(engine.send(SaveApp, project_dir=str(project_dir), run="1", app="cpp", to=str(project_dir)))
    assert isinstance(wrong, RequestFailed) and "other things in it" in wrong.error["message"]


def test_what_is_cancelled_leaves_nothing(engine, project_dir, tmp_path):
    request = engine.send(SaveApp, project_dir=str(project_dir), run="1", app="card", to=str(tmp_path / "card"))
    engine.cancel(request)
    failed = engine.answer(request)
    assert isinstance(failed, RequestFailed) and failed.error["kind"] == "cancelled"
    assert not list(tmp_path.iterdir())
