"""Ready-made apps in the Use tab: saved where the user says, with progress, failures in words, and why one is not."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.catalog.apps import APPS, BY_KEY
from engine.document.data_spec import FieldKind
from engine.protocol.messages.apps import AppOffer, AppSaved, AppsListed, ListApps, SaveApp
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.deployment import Export
from gui.models.settings import Settings
from gui.use.tab import UseTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import exported, one_run, open_example, use_tab


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    offer = AppOffer(key="project", title="", line="", form=".zip", bytes=1_900_000, data_bytes=31_000_000)
    engine.answer_with(ListApps, AppsListed(run=14, apps=[offer]))
    engine.answer_with(Export, lambda request: exported(request.to, request.precision))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


@pytest.fixture
def tab(bench, tmp_path, qtbot) -> UseTab:
    one_run(bench, tmp_path, RunLog)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1500, 950)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    return tab


def saved(request: SaveApp) -> AppSaved:
    return AppSaved(app=request.app, path=request.to, bytes=7_269_102, open=request.to, samples=5, run=14)


def test_every_app_has_a_card_in_order(tab):
    assert list(tab.apps.cards) == [app.key for app in APPS]
    for key, card in tab.apps.cards.items():
        assert card.save.objectName() == f"use.app.{key}"
        assert card.title.whole_text() == BY_KEY[key].title
        assert card.save.isEnabled() and card.save.accessibleName() == f"Save as {BY_KEY[key].title}"


def test_a_file_is_saved_where_the_user_says_and_the_place_is_remembered(
    bench, engine, tab, tmp_path, qtbot, monkeypatch
):
    engine.answer_with(SaveApp, saved)
    place = tmp_path / "shared" / "page.html"
    place.parent.mkdir()
    offered = []
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda _parent, _title, start, kind: (offered.append((start, kind)), (str(place), ""))[1],
    )
    card = tab.apps.cards["web"]
    card.save.click()
    qtbot.waitUntil(lambda: bench.apps.state("web") == "done")
    assert offered == [(str(tmp_path / "garments-web.html"), "Web page (*.html)")]
    asked = engine.asked(SaveApp)[0]
    assert (asked.app, asked.to, asked.run, asked.with_data) == ("web", str(place), "best", False)
    assert card.outcome.whole_text() == "✓ page.html, 7.27\u00a0MB"
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    assert card.show_it.isVisible()
    card.show_it.click()
    assert opened == [str(place.parent)]
    assert bench.apps.place("project") == place.parent / "garments-project.zip"


def test_a_folder_is_made_in_the_folder_that_is_chosen(bench, engine, tab, tmp_path, qtbot, monkeypatch):
    engine.answer_with(SaveApp, saved)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    tab.apps.cards["python"].save.click()
    assert engine.asked(SaveApp)[0].to == str(tmp_path / "garments-python")
    (tmp_path / "garments-python").mkdir()
    assert bench.apps.place("python") == tmp_path / "garments-python-2", "what is there is left alone"


def test_nothing_is_asked_when_the_dialog_is_left(engine, tab, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    tab.apps.cards["cpp"].save.click()
    assert not engine.asked(SaveApp)


def test_while_one_is_saved_it_can_be_stopped_and_the_others_say_why_they_wait(bench, engine, tab, tmp_path, qtbot):
    engine.answer_with(SaveApp, Progress(fraction=0.4, message="Writing the package"))
    card = tab.apps.cards["python"]
    card.save_to(tmp_path / "x")
    qtbot.waitUntil(lambda: card.progress.text() == "Writing the package")
    assert not card.save.isVisible()
    assert tab.apps.cards["web"].save.blocked_reason() == "Another app is being saved."
    card.stop.click()
    asked = engine.asked(SaveApp)[0]
    assert asked.id in engine.cancelled
    engine.answer(asked.id, RequestFailed(error=error("cancelled", "Cancelled.")))
    assert bench.apps.state("python") == "idle" and card.save.isVisible()
    assert tab.apps.cards["web"].save.isEnabled()


def test_a_failure_says_what_happened_and_can_be_tried_again(bench, engine, tab, tmp_path, qtbot):
    engine.answer_with(
        SaveApp, RequestFailed(error=error("export", "The folder has other things in it.", "", "Name another."))
    )
    card = tab.apps.cards["server"]
    card.save_to(tmp_path / "x")
    qtbot.waitUntil(lambda: bench.apps.state("server") == "failed")
    assert card.outcome.whole_text() == "✗ The folder has other things in it. Name another."
    engine.answer_with(SaveApp, saved)
    card.save_to(tmp_path / "y")
    qtbot.waitUntil(lambda: bench.apps.state("server") == "done")
    assert card.outcome.whole_text().startswith("✓ y")


def test_the_project_shows_its_size_before_it_is_saved_and_takes_the_data_along(bench, engine, tab, tmp_path, qtbot):
    card = tab.apps.cards["project"]
    qtbot.waitUntil(lambda: card.outcome.whole_text() == "1.9\u00a0MB, data 31\u00a0MB more")
    card.data.setChecked(True)
    card.save_to(tmp_path / "x.zip")
    assert engine.asked(SaveApp)[0].with_data is True


def test_an_app_that_does_not_suit_says_why(bench, tab, tmp_path, qtbot):
    from dataclasses import replace

    narrow = replace(BY_KEY["cpp"], takes=frozenset({FieldKind.NUMBER}))
    assert narrow.why_not(bench.project.project) == "It takes pictures ('pixels'), which this app cannot read."


def test_another_project_begins_anew(bench, engine, tab, tmp_path, qtbot):
    engine.answer_with(SaveApp, saved)
    tab.apps.cards["web"].save_to(tmp_path / "a.html")
    qtbot.waitUntil(lambda: bench.apps.state("web") == "done")
    bench.project.open(open_example(bench, tmp_path / "other", "names"))
    assert bench.apps.state("web") == "idle"
    assert tab.apps.cards["web"].outcome.isHidden()


def test_the_lines_of_python_are_copied_once_a_file_is_exported(bench, tab, tmp_path, qtbot):
    assert tab.apps.copy.blocked_reason()
    tab.export.export_to(tmp_path / "garments.onnx")
    qtbot.waitUntil(lambda: tab.apps.copy.isEnabled())
    tab.apps.copy.click()
    assert "onnxruntime.InferenceSession('garments.onnx')" in QGuiApplication.clipboard().text()


def test_cards_stand_four_two_or_one_in_a_row(tab, qtbot):
    assert tab.apps._columns == 4
    tab.resize(1100, 700)
    qtbot.waitUntil(lambda: tab.apps.width() > 1000)

    def top(card: QWidget) -> int:
        return card.mapTo(tab, QPoint(0, 0)).y()

    assert top(tab.apps) > top(tab.variants), "beneath each other in a small window"
    tab.resize(1500, 950)
    qtbot.waitUntil(lambda: top(tab.apps) == top(tab.variants))
    tab.apps._arrange(3)
    assert tab.apps._columns == 2


def test_the_apps_model_forgets_a_failed_measuring(bench, engine, tmp_path, qtbot):
    engine.answer_with(ListApps, RequestFailed(error=error("run_not_found", "Nothing has been trained yet.")))
    bench.project.open(open_example(bench, tmp_path))
    bench.apps.measure()
    qtbot.waitUntil(lambda: not bench.apps._list_request)
    assert bench.apps.sizes == (0, 0)
    bench.apps.measure()
    assert len(engine.asked(ListApps)) == 2
    assert isinstance(bench.apps.place("web"), Path)
