"""Try it: the link under an answer shows what it looked at in the input given."""

import pytest

from engine.document.edits import RemoveNode
from engine.protocol.messages.deployment import Answer, Predict, Prediction, WrittenToken
from engine.protocol.messages.explanation import Explain, Explained, Explanation
from gui.models.settings import Settings
from gui.use import why_panel
from gui.use.tab import UseTab
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.explained_scene import explained, table_relevance
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import SNEAKER, one_run, picture_file, prediction, scripted_data, use_tab


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    scripted_data(engine)
    engine.answer_with(Predict, prediction(SNEAKER))
    engine.answer_with(Explain, explained)
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
    tab.resize(1400, 900)
    tab.show()
    tab.trying.inputs.take_files([picture_file(tmp_path)])
    qtbot.waitUntil(lambda: bench.use.predict_state == "done" and tab.trying.answer.why.isVisible())
    return tab


def test_the_link_explains_the_input_that_was_given(tab, bench, engine, qtbot):
    panel = tab.trying.why
    link = tab.trying.answer.why
    qtbot.waitUntil(link.isVisible)
    assert link.isEnabled() and not panel.isVisible() and not engine.asked(Explain)
    link.click()
    qtbot.waitUntil(lambda: panel.model.state == "done")
    asked = engine.asked(Explain)[-1]
    assert (asked.inputs, asked.samples, asked.method) == (bench.use.answered, [], "GradCam")
    assert asked.run == str(bench.use.prediction.run)
    assert panel.view.isVisible() and panel.view.has_shading()
    assert panel.legend.words()[1] == "spoke for Coat +"
    assert panel.facts.whole_text() == "layer conv2 · 0.03 s"


def test_while_open_each_new_answer_is_explained(tab, bench, engine, tmp_path, qtbot):
    panel = tab.trying.why
    tab.trying.answer.why.click()
    qtbot.waitUntil(lambda: panel.model.state == "done")
    other = tmp_path / "other.png"
    other.write_bytes(picture_file(tmp_path).read_bytes())
    tab.trying.inputs.take_files([other])
    qtbot.waitUntil(lambda: len(engine.asked(Explain)) == 2)
    assert engine.asked(Explain)[-1].inputs == bench.use.answered
    panel.method.set_value("Lime")
    panel.method.committed.emit("Lime")
    qtbot.waitUntil(lambda: engine.asked(Explain)[-1].method == "Lime")
    panel.close_button.click()
    assert not panel.isVisible()
    tab.trying.inputs.take_files([picture_file(tmp_path)])
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    assert len(engine.asked(Explain)) == 3


def test_a_row_is_explained_column_by_column(bench, engine, tmp_path, qtbot):
    engine.answer_with(Explain, lambda request: explained(request, *table_relevance()))
    one_run(bench, tmp_path, RunLog, "penguins")
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    tab.trying.inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state == "done")
    tab.trying.answer.why.click()
    panel = tab.trying.why
    qtbot.waitUntil(lambda: panel.model.state == "done")
    assert engine.asked(Explain)[-1].method == "Shap"
    assert [bar.name for bar in panel.view.bars.bars()] == ["island", "width"]


def test_what_cannot_be_explained_says_why(tab, engine, qtbot):
    engine.answer_with(Explain, Explained(run=14, explanations=[Explanation(problem="The picture cannot be read.")]))
    tab.trying.answer.why.click()
    panel = tab.trying.why
    qtbot.waitUntil(lambda: panel.failure.isVisible())
    assert not panel.view.isVisible() and not panel.facts.isVisible()


# What cannot be explained, known before the click.


def answered_with(bench, tmp_path, qtbot, example: str, outputs: dict[str, Answer], drawn=None) -> UseTab:
    """The tab with an answer of a run to a picture; `drawn` edits the drawing after the run began."""
    bench.engine.answer_with(Predict, prediction(Prediction(input="x.png", outputs=outputs)))
    one_run(bench, tmp_path, RunLog, example)
    folder = bench.project.directory
    (folder / "runs" / "0014" / "project.json").write_bytes((folder / "project.json").read_bytes())
    if drawn is not None:
        bench.project.do(drawn)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1400, 900)
    tab.show()
    tab.trying.inputs.take_files([picture_file(tmp_path)])
    qtbot.waitUntil(lambda: bench.use.predict_state == "done" and tab.trying.answer.why.isVisible())
    qtbot.waitUntil(lambda: bench.runs.projects.project(14) is not None)
    return tab


MADE = Answer(value="a picture, 2 × 2", pixels=bytes(4), height=2, width=2, channels=1)


def test_an_answer_that_is_a_picture_cannot_be_explained_and_says_so_before_the_click(bench, engine, tmp_path, qtbot):
    link = answered_with(bench, tmp_path, qtbot, "autoencoder", {"pixels": MADE}).trying.answer.why
    reason = "An answer that is a picture or sound has no single score that could be explained."
    assert not link.isEnabled() and reason in link.toolTip() and link.accessibleDescription() == reason
    link.click()
    assert not engine.asked(Explain)


def test_the_network_that_answered_decides_not_the_drawing_of_now(bench, engine, tmp_path, qtbot):
    changed = RemoveNode(id="picture")
    tab = answered_with(bench, tmp_path, qtbot, "garments", dict(SNEAKER.outputs), changed)
    qtbot.waitUntil(tab.trying.answer.why.isEnabled)
    tab.trying.answer.why.click()
    qtbot.waitUntil(lambda: bool(engine.asked(Explain)))
    assert engine.asked(Explain)[-1].output == "label"


def test_out_of_sight_the_drawing_is_walked_when_the_tab_comes_up(tab, bench, qtbot, monkeypatch):
    """Where it is edited nobody waits for the walk through a large one."""
    walks = []
    walk = why_panel.Explainable
    monkeypatch.setattr(why_panel, "Explainable", lambda project: walks.append(project) or walk(project))
    tab.hide()
    assert bench.project.do(RemoveNode(id="picture"))
    assert not walks
    tab.show()
    assert walks and not tab.trying.answer.why.isEnabled(), "nothing goes into the network any more"


def test_of_several_answers_one_that_can_be_explained_is(bench, engine, tmp_path, qtbot):
    tab = answered_with(bench, tmp_path, qtbot, "garments", {"gone": MADE, **SNEAKER.outputs})
    tab.trying.answer.why.click()
    qtbot.waitUntil(lambda: bool(engine.asked(Explain)))
    assert engine.asked(Explain)[-1].output == "label"


def test_a_text_that_was_stopped_cannot_be_explained(tab, bench, qtbot):
    link = tab.trying.answer.why
    bench.use.written = [WrittenToken(text="Wal", chance=0.5)]
    bench.use.predict_state = "stopped"
    bench.use.changed.emit()
    assert not link.isEnabled() and "stopped before it was whole" in link.toolTip()
    bench.use.predict_state = "done"
    bench.use.changed.emit()
    assert link.isEnabled()
