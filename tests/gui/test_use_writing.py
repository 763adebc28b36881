"""The Use tab with a network that writes: its text is begun, and what it writes is shown whole."""

from pathlib import Path

import pytest

from engine.data.proposals import propose
from engine.document import files
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.protocol.messages.deployment import Answer, Predict, Prediction
from gui.models.settings import Settings
from gui.use.inputs_form import input_fields
from gui.widgets.theme import apply_theme
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine
from tests.gui.run_logs import RunLog
from tests.gui.tab_states import prediction, use_tab

WRITTEN = "the cat sat\non the mat, and nobody would say what it was waiting for all the long day and the next."


def text_field(name: str, role: Role) -> Field:
    step = Step(type="Characters", attributes={"length": 24, "ends": True, "pad": "right"})
    return Field(
        name=name, kind=FieldKind.TEXT, role=role, preparation=(step,), statistics=Statistics(vocabulary=("a",))
    )


@pytest.fixture
def engine(qapp) -> FakeEngine:
    apply_theme(qapp, "dark")
    engine = FakeEngine()
    engine.answer_with(Predict, prediction(Prediction(input="the cat", outputs={"text": Answer(value=WRITTEN)})))
    return engine


@pytest.fixture
def bench(tmp_path, engine):
    bench = Workbench(Settings(tmp_path / "config"), engine)
    yield bench
    bench.shut_down()


def test_the_beginning_is_asked_for_and_the_text_is_shown(bench, engine, tmp_path: Path, qtbot) -> None:
    project = propose("writer", DataSpec(fields=(text_field("text", Role.TARGET),)))
    directory = tmp_path / "writer"
    files.create(directory, project)
    one = RunLog(directory, 14, name="first")
    one.prepare()
    one.train(20)
    one.finish()
    bench.project.open(directory)
    tab = use_tab(bench)
    qtbot.addWidget(tab)
    tab.resize(1300, 900)
    tab.show()
    qtbot.waitUntil(lambda: not bench.runs.loading and bench.runs._ticks > 1)
    inputs = tab.trying.inputs
    qtbot.keyClicks(inputs.editor("text"), "the cat")
    inputs.ask.click()
    qtbot.waitUntil(lambda: bench.use.predict_state in ("done", "failed"))
    assert engine.asked(Predict)[0].inputs == [{"text": "the cat"}]
    assert tab.trying.answer.outputs() == [f"text: {WRITTEN}"]
    (answer,) = [output for output in tab.trying.answer._outputs if not output.isHidden()]
    assert answer._text.isVisible() and not answer._value.isVisible()
    assert answer._text.whole_text() == WRITTEN
    assert answer._text.height() >= 2 * answer._text.fontMetrics().height()


def test_a_translator_asks_for_what_it_translates_alone() -> None:
    fields = (text_field("english", Role.INPUT), text_field("swedish", Role.TARGET))
    assert [field.name for field in input_fields(propose("t", DataSpec(fields=fields)))] == ["english"]
