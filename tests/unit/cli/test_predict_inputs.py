"""From words on the command line to inputs of a model."""

import math

import pytest

from engine.cli.inputs import read_inputs
from engine.errors import DataError

PICTURE = {"pixels": "image"}
ROW = {"bill": "number", "mass": "number", "island": "category"}
TEXT = {"text": "text"}


def test_pictures_and_folders_of_them(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    names, inputs = read_inputs([str(tmp_path / "b.png"), str(tmp_path)], PICTURE)
    assert [name.rsplit("/", 1)[-1] for name in names] == ["b.png", "a.JPG", "b.png"]
    assert inputs[1] == {"pixels": str(tmp_path / "a.JPG")}
    with pytest.raises(DataError, match=r"no file 'gone\.png'"):
        read_inputs(["gone.png"], PICTURE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="without pictures"):
        read_inputs([str(tmp_path / "empty")], PICTURE)


@pytest.mark.parametrize("text", ["a name", "x" * 5000, "a=b", "nul\0", "~nobody/x", "Ada, née Byron"])
def test_text_as_it_stands(text):
    assert read_inputs([text], TEXT) == ([text], [{"text": text}])


def test_a_file_of_text_is_an_input_a_line(tmp_path):
    (tmp_path / "names.txt").write_text("Ada\n\nGrace\n")
    assert read_inputs([str(tmp_path / "names.txt")], TEXT) == (["Ada", "Grace"], [{"text": "Ada"}, {"text": "Grace"}])


def test_one_row_by_its_fields():
    names, (row,) = read_inputs(['bill=39.1, island="Dream, north",mass='], ROW)
    assert names == ['bill=39.1, island="Dream, north",mass=']
    assert row["bill"] == 39.1 and math.isnan(row["mass"])
    with pytest.raises(DataError, match="no input 'beak'") as caught:
        read_inputs(["beak=3"], ROW)
    assert caught.value.expected == "bill (number), mass (number), island (category)"
    with pytest.raises(DataError, match="'island' is missing"):
        read_inputs(["bill=3"], ROW)
    with pytest.raises(DataError, match="bill should be a number"):
        read_inputs(["bill=long,island=Dream"], ROW)
    with pytest.raises(DataError, match="no file 'Dream'") as caught:
        read_inputs(["Dream"], ROW)
    assert "bill=…,mass=…,island=…" in caught.value.expected


def test_a_table_is_an_input_a_row(tmp_path):
    path = tmp_path / "birds.csv"
    path.write_text("species;island;mass;bill\nx;Dream;3700;39,1\ny;Biscoe;NA;40,5\nz;Dream;3800;41,0\n")
    names, inputs = read_inputs([str(path)], ROW)
    assert names == ["birds.csv, line 2", "birds.csv, line 3", "birds.csv, line 4"]
    assert inputs[0] == {"bill": 39.1, "mass": 3700.0, "island": "Dream"}
    assert math.isnan(inputs[1]["mass"]) and inputs[1]["bill"] == 40.5
    path.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match=r"none of the model's columns"):
        read_inputs([str(path)], ROW)
    path.write_text("bill,mass,island\n1,2,Dream\nlong,2,Dream\n3,4,Biscoe\n")
    with pytest.raises(DataError, match="bill should be a number") as caught:
        read_inputs([str(path)], ROW)
    assert caught.value.where == "birds.csv, line 3"
