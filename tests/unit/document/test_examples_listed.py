"""The examples that ship: each is listed in its group, with words for its card."""

import json
from pathlib import Path

from engine.document.examples import FOLDER, INDEX, examples


def test_every_example_has_a_group_a_question_and_a_sentence() -> None:
    found = examples()
    assert {example.name for example in found} >= {"garments", "penguins", "names"}
    for example in found:
        assert example.title and example.question.endswith("?"), example.name
        assert 20 < len(example.sentence) < 300
        assert "*" not in example.sentence
        assert example.graph.nodes
        assert example.group != "More", f"{example.name} stands in no group of {INDEX}"
    assert {example.kind for example in found} >= {"image", "text"}


def test_the_index_names_only_what_ships() -> None:
    groups = json.loads((FOLDER / INDEX).read_text(encoding="utf-8"))
    named = [name for group in groups for name in group["examples"]]
    assert len(named) == len(set(named))
    assert set(named) == {path.parent.name for path in FOLDER.glob("*/project.json")}


def test_an_example_the_index_does_not_name_comes_last_and_damage_is_left_to_opening(tmp_path: Path) -> None:
    for name in ("zebra", "ant"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "project.json").write_text("{", encoding="utf-8")
    (tmp_path / INDEX).write_text('[{"title": "First", "examples": ["zebra", "gone"]}]', encoding="utf-8")
    found = examples(tmp_path)
    assert [(example.name, example.group) for example in found] == [("zebra", "First"), ("ant", "More")]
    assert not found[0].graph.nodes and found[0].kind == "" and found[0].title == "zebra"


def test_no_folder_is_no_example(tmp_path: Path) -> None:
    assert examples(tmp_path / "gone") == []
