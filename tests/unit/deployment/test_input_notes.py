"""Values unlike anything learned from get a note beside the answer, usual ones none."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_runs import finished_run

from engine.cli.main import main
from engine.deployment.export import export_onnx
from engine.deployment.notes import notes_of
from engine.deployment.predict import Predictor
from engine.document.data_spec import Field, FieldKind, Statistics, Step


def number(low: float = 10.0, high: float = 20.0) -> Field:
    return Field(name="age", kind=FieldKind.NUMBER, statistics=Statistics(minimum=(low,), maximum=(high,)))


@pytest.mark.parametrize(("value", "noted"), [(10, 0), (22, 0), (22.6, 1), (7.4, 1), (float("nan"), 0), (-1e9, 1)])
def test_a_number_far_outside_is_noted(value: float, noted: int) -> None:
    assert len(notes_of(number(), float(value))) == noted


def test_the_note_names_the_field_and_what_was_learned_from() -> None:
    assert notes_of(number(), 99.5) == ["age 99.5 is far outside of what was learned from: 10 to 20."]
    assert notes_of(number(5, 5), 5.0) == [] and notes_of(number(5, 5), 6.0)
    assert notes_of(Field(name="x", kind=FieldKind.NUMBER), 5.0) == [], "nothing was measured"


def test_categories_and_labels_that_were_never_seen_are_named() -> None:
    seen = Statistics(classes=("red", "blue"))
    category = Field(name="colour", kind=FieldKind.CATEGORY, statistics=seen)
    assert notes_of(category, "red") == notes_of(category, "") == []
    assert "'green'" in notes_of(category, "green")[0] and "colour" in notes_of(category, "green")[0]
    labels = Field(name="tags", kind=FieldKind.LABELS, statistics=seen, options={"separator": "|"})
    assert notes_of(labels, "red|blue") == []
    (note,) = notes_of(labels, "red|pink|grey")
    assert "'pink', 'grey'" in note and "red" not in note


def test_text_of_unknown_words_and_text_that_is_too_long_are_noted() -> None:
    field = Field(
        name="text",
        kind=FieldKind.TEXT,
        preparation=(Step(type="Words", attributes={"length": 4}),),
        statistics=Statistics(vocabulary=("good", "bad", "film")),
    )
    assert notes_of(field, "good film") == []
    assert "2 of 3" in notes_of(field, "xyz qrs film")[0]
    assert "first 4 of 6" in notes_of(field, "good bad film good bad film")[0]
    assert notes_of(field, "good bad film good bad film", written=True) == []


def test_series_dates_and_sound() -> None:
    series = Field(
        name="past",
        kind=FieldKind.SERIES,
        options={"columns": ["a", "b"]},
        statistics=Statistics(minimum=(0.0, 0.0), maximum=(1.0, 10.0)),
    )
    assert notes_of(series, np.array([[0.5, 5.0], [1.0, 9.0]], np.float32)) == []
    (note,) = notes_of(series, np.array([[0.5, 5.0], [1.0, 99.0]], np.float32))
    assert note.startswith("b 99 is far outside")
    date = Field(name="day", kind=FieldKind.DATE, statistics=Statistics(minimum=(0.0,), maximum=(86_400.0 * 100,)))
    assert notes_of(date, 86_400.0 * 50) == []
    assert "2021-01-01" in notes_of(date, 1_609_459_200.0)[0]
    sound = Field(
        name="sound",
        kind=FieldKind.AUDIO,
        preparation=(Step(type="Length", attributes={"seconds": 1.0, "keep": "end"}),),
        statistics=Statistics(rate=100),
    )
    assert notes_of(sound, np.full(90, 0.5, np.float32)) == []
    assert notes_of(sound, np.zeros(90, np.float32)) == ["The recording is silent."]
    assert "last 1 s of 3.0 s" in notes_of(sound, np.full(300, 0.5, np.float32))[0]


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    lines = ["space,colour,answer"] + [
        f"{20 + i},{('red', 'blue')[i % 2]},{'big' if i > 40 else 'small'}" for i in range(80)
    ]
    (folder / "rooms.csv").write_text("\n".join(lines) + "\n")
    run = finished_run(folder / "project", folder / "rooms.csv")
    export_onnx(folder / "project", run, folder / "rooms.onnx", samples=20)
    return folder / "rooms.onnx"


def test_the_notes_come_with_the_answer_and_in_the_terminal(rooms: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Predictor(rooms).predict([{"space": 50, "colour": "red"}, {"space": 5000, "colour": "green"}])
    first, second = made.predictions
    assert first.notes == [] and len(second.notes) == 2 and second.outputs["answer"].value in ("big", "small")
    assert main(["predict", str(rooms), "space=50,colour=green", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["predictions"]
    assert len(told["notes"]) == 1 and "'green'" in told["notes"][0]
    assert main(["predict", str(rooms), "space=50,colour=green"]) == 0
    assert "note: colour 'green' was never seen" in capsys.readouterr().out
    assert main(["predict", str(rooms), "space=50,colour=red", "--json"]) == 0
    assert "notes" not in json.loads(capsys.readouterr().out)["predictions"][0]
