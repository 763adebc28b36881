"""The card over the canvas that shows what a network of two numbers answers as it is drawn."""

import pytest

from engine.document.edits import SetType
from engine.protocol.messages.live_look import LookedNow, LookNow
from gui.design.tab import DesignTab
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.tab_states import open_example
from tests.gui.test_points_page import seen


@pytest.fixture
def bench(qapp, tmp_path):
    apply_theme(qapp, "dark")
    bench = Workbench(Settings(tmp_path / "config"), FakeEngine())
    yield bench
    bench.shut_down()


def opened(bench, tmp_path, qtbot, name: str) -> DesignTab:
    bench.project.open(open_example(bench, tmp_path, name))
    tab = DesignTab(project=bench.project, selection=bench.selection, engine=bench.engine, look=bench.look)
    qtbot.addWidget(tab)
    tab.resize(1500, 900)
    tab.show()
    qtbot.waitExposed(tab)
    return tab


def test_it_shows_what_the_drawing_answers_and_asks_again_after_an_edit(bench, tmp_path, qtbot):
    answers = iter((0, 1, 1, 1))
    bench.engine.answer_with(
        LookNow, lambda _request: LookedNow(seen=[seen(0, fixed=True), seen(0, best=next(answers))], run=4)
    )
    tab = opened(bench, tmp_path, qtbot, "playground")
    card = tab.plane
    qtbot.waitUntil(card.isVisible)
    assert int(card.map.surface.best[0, 0]) == 0
    assert card.words.whole_text() == "weights of run 4"
    assert card.x() < 40 and card.geometry().bottom() < tab.canvas.height() - 40
    assert bench.project.do(SetType(id="bend1", type="ReLU", attributes={}))
    qtbot.waitUntil(lambda: int(card.map.surface.best[0, 0]) == 1)
    high = card.height()
    card.fold.click()
    assert card.folded and card.height() < high / 2
    card.fold.click()
    assert not card.folded and card.map.isVisible()


def test_other_networks_have_no_such_card(bench, tmp_path, qtbot):
    bench.engine.answer_with(LookNow, LookedNow(refusal="This network has nothing of the kind to show."))
    tab = opened(bench, tmp_path, qtbot, "garments")
    qtbot.waitUntil(lambda: bool(bench.look.refusal))
    assert tab.plane.isHidden()


def test_nothing_is_asked_while_nobody_watches(bench, tmp_path, qtbot):
    tab = opened(bench, tmp_path, qtbot, "playground")
    qtbot.waitUntil(lambda: bool(bench.engine.asked(LookNow)))
    tab.hide()
    before = len(bench.engine.asked(LookNow))
    assert bench.project.do(SetType(id="bend1", type="ReLU", attributes={}))
    with qtbot.waitSignal(bench.project.saved):
        bench.project.save()
    assert len(bench.engine.asked(LookNow)) == before
