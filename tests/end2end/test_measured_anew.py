"""A run measures the data it learns from: a changed preparation never works with what was measured for another."""

import json
from pathlib import Path

from tests.end2end.command import netwright


def test_letters_that_became_words_get_a_vocabulary_of_words(tmp_path: Path) -> None:
    folder = tmp_path / "moods"
    folder.mkdir()
    (folder / "good.txt").write_text("".join(f"a fine and lovely day {i}\n" for i in range(40)))
    (folder / "bad.txt").write_text("".join(f"a grim and dreadful night {i}\n" for i in range(40)))
    project = tmp_path / "project"
    netwright("new", project, "--data", folder)
    file = project / "project.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    text = next(field for field in document["data"]["fields"] if field["kind"] == "text")
    before = text["preparation"][0]["type"]
    text["preparation"] = [{"type": "Words" if before == "Characters" else "Characters", "attributes": {"length": 8}}]
    file.write_text(json.dumps(document), encoding="utf-8")

    trained = netwright("train", project, "--epochs", "4")
    used = json.loads((project / "runs" / "0001" / "project.json").read_text(encoding="utf-8"))
    vocabulary = next(f for f in used["data"]["fields"] if f["kind"] == "text")["statistics"]["vocabulary"]
    assert ("lovely" in vocabulary) is (before == "Characters")
    assert trained["best"]["metrics"]["accuracy"] > 0.9
    answer = netwright("predict", project, "a fine and lovely day 3")["predictions"][0]["outputs"]["label"]
    assert answer["value"] == "good"
