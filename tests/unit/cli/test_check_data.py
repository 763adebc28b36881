"""`netwright check --data`: what is odd about the data, in words and as JSON."""

import json
from pathlib import Path

import pytest

from engine.cli import main as cli
from tests.unit.data.samples_on_disk import picture_folder


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    root = picture_folder(tmp_path / "pets")
    (root / "dog" / "twin.png").write_bytes((root / "cat" / "003.png").read_bytes())
    called(capsys, "new", str(tmp_path / "p"), "--data", str(root))
    return str(tmp_path / "p")


def test_findings_are_told_with_their_remedies(project: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = called(capsys, "check", project, "--data")
    assert "1 sample appears with more than one label" in told and "remedy:   Leave them all out" in told
    assert "in the data" not in called(capsys, "check", project)


@pytest.mark.parametrize("depth", [["--data"], ["--data", "all"]])
def test_as_json_with_the_names_of_samples(project: str, depth: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    result = json.loads(called(capsys, "check", project, *depth, "--json"))
    torn = next(item for item in result["data"] if "more than one" in item["message"])
    assert torn["kind"] == "duplicates" and torn["names"] == ["cat/003.png", "dog/twin.png"]
    assert torn["remedies"][-1]["edits"][0]["edit"] == "ExcludeSamples"
