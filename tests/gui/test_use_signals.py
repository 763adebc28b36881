"""Try it with sound and with series: a file is chosen, a recording is shown as its waveform, and the file is asked."""

import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from engine.document.data_spec import Field, FieldKind, Statistics
from engine.protocol.messages.deployment import Answer
from gui.use.answer_panel import OutputAnswer
from gui.use.inputs.channel_names import ChannelNames
from gui.use.inputs.series_input import SeriesInput
from gui.use.inputs_form import InputsForm
from gui.widgets.theme import apply_theme

SOUND = Field(name="sound", kind=FieldKind.AUDIO, statistics=Statistics(rate=8000, shape=(None,)))
PAST = Field(name="past", kind=FieldKind.SERIES, options={"columns": ["co2"]}, statistics=Statistics(shape=(104, 1)))
AGE = Field(name="age", kind=FieldKind.NUMBER, statistics=Statistics(mean=(40.0,)))


def recording(path: Path) -> Path:
    time = np.arange(4000) / 8000
    samples = np.sin(2 * np.pi * 440 * time) * np.exp(-4 * time)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((samples * 20000).astype("<i2").tobytes())
    return path


@pytest.fixture
def form(qtbot, qapp) -> InputsForm:
    apply_theme(qapp, "dark")
    form = InputsForm()
    qtbot.addWidget(form)
    form.resize(420, 360)
    form.show()
    return form


def test_a_dropped_recording_is_asked_and_its_waveform_shown(form, tmp_path, qtbot):
    form.set_fields((SOUND,))
    assert form.drop.accessibleName() == "Drop a recording here"
    assert form.takes_files() and not form.takes_one_picture()
    assert form.sample.isVisible() and form.files[0].record.isVisible()
    given: list[object] = []
    form.given.connect(given.append)
    file = recording(tmp_path / "seven.wav")
    with qtbot.waitSignal(form.files[0].preview.ready):
        form.drop.files_dropped.emit([file])
    assert form.drop.has_picture()
    assert form.drop.accessibleName() == "Drop another recording"
    assert given == [[{"sound": str(file)}]]


def test_a_broken_recording_is_still_asked_so_that_the_answer_says_why(form, tmp_path, qtbot):
    form.set_fields((SOUND,))
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\x24\0\0\0WAVE")
    given: list[object] = []
    form.given.connect(given.append)
    with qtbot.waitSignal(form.files[0].preview.failed) as failed:
        form.take_files([broken])
    assert "damaged" in failed.args[1]
    assert given and not form.drop.has_picture()


def test_a_folder_of_recordings_is_asked_at_once(form, tmp_path):
    form.set_fields((SOUND,))
    for name in ("a.wav", "b.wav"):
        recording(tmp_path / name)
    given: list[object] = []
    form.given.connect(given.append)
    form.take_files([tmp_path])
    assert given == [[{"sound": str(tmp_path / "a.wav")}, {"sound": str(tmp_path / "b.wav")}]]
    form.files[0].preview.drop()


def test_a_table_over_time_is_asked_by_its_path(form, tmp_path, monkeypatch):
    form.set_fields((PAST,))
    assert form.drop.accessibleDescription() == "or click to choose: its last rows are looked at"
    table = tmp_path / "co2.csv"
    table.write_text("date,co2\n")
    asked: list[str] = []

    def choose(parent: object, title: str, folder: str, kinds: str) -> tuple[list[str], str]:
        asked.append(title)
        return [str(table)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", choose)
    given: list[object] = []
    form.given.connect(given.append)
    form.drop.chooser_requested.emit()
    assert asked == ["Choose tables"]
    assert given == [[{"past": str(table)}]]


def test_the_curves_of_a_series_are_named(qtbot, qapp):
    several = Field(
        name="past",
        kind=FieldKind.SERIES,
        options={"columns": ["dew point", "temperature", "pressure"]},
        statistics=Statistics(shape=(72, 3)),
    )
    given = SeriesInput(several)
    qtbot.addWidget(given)
    given.resize(300, 300)
    given.show()
    names = given.findChild(ChannelNames)
    assert names is not None and names.names == ["dew point", "temperature", "pressure"]
    whole, narrow = names.places(600), names.places(130)
    assert len({place.top() for place in whole}) == 1 and len({place.top() for place in narrow}) > 1
    assert all(place.right() <= 130 for place in narrow)
    assert not any(a.intersects(b) for at, a in enumerate(narrow) for b in narrow[:at])
    one = SeriesInput(
        msgspec.structs.replace(several, options={"columns": ["heat"]}, statistics=Statistics(shape=(72, 1)))
    )
    qtbot.addWidget(one)
    assert one.findChild(ChannelNames) is None


def test_a_recording_beside_other_fields_is_asked_with_them(form, tmp_path, qtbot):
    form.set_fields((SOUND, AGE))
    given: list[object] = []
    form.given.connect(given.append)
    refused: list[str] = []
    form.refused.connect(refused.append)
    form.ask.click()
    assert refused == ["Drop a recording first."] and not given
    file = recording(tmp_path / "a.wav")
    form.take_files([file])
    assert given == [[{"age": 40.0, "sound": str(file)}]]
    form.files[0].preview.drop()


def test_another_project_asks_for_its_own_kind_again(form, tmp_path):
    form.set_fields((SOUND,))
    form.take_files([recording(tmp_path / "a.wav")])
    form.set_fields((PAST,))
    assert form.drop.accessibleName() == "Drop a table here"
    assert not form.drop.has_picture()


def test_a_forecast_is_drawn_as_curves(qtbot, qapp):
    apply_theme(qapp, "dark")
    shown = OutputAnswer()
    qtbot.addWidget(shown)
    shown.resize(420, 420)
    shown.show()
    answer = Answer(value="1 / 4, 2 / 5, 3 / 6", series=[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], names=["up", "far"])
    shown.show_answer("next", answer, alone=True)
    assert shown.curves.isVisible()
    drawn = shown.curves.keys()
    assert [shown.curves.series(key).name for key in drawn] == ["up", "far"]
    assert shown.curves.values_at(2.0) == [("up", 2.0, 2.0), ("far", 2.0, 5.0)]
    shown.show_answer("kind", Answer(value="cat", scores={"cat": 1.0}), alone=True)
    assert not shown.curves.isVisible()
