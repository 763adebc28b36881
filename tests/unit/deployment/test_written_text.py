"""Texts that an exported file writes step by step: the next token, greedy and drawn, and the proof on text so far."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from msgspec.structs import replace
from small_runs import finished_run

from engine.checks.inference import ShapeChecker
from engine.cli.commands import predict as predict_command
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.preparation import Preparation
from engine.data.proposals import propose
from engine.data.tokens import tokens_of
from engine.deployment.export import export_onnx
from engine.deployment.predict import Predictor
from engine.deployment.writing import Manner, write_texts
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Value
from engine.errors import Cancelled, UsageError
from engine.evaluation.evaluate import evaluate
from engine.evaluation.network import load_network, project_of
from engine.evaluation.texts import compared, write_freely
from engine.protocol.run_folder import RunFolder
from gui.use.python_code import python_code

torch.set_num_threads(1)

WORDS = [("one", "ett"), ("two", "två"), ("red", "röd"), ("house", "hus"), ("cat", "katt"), ("old", "gammal")]


def pairs(folder: Path) -> Path:
    random = np.random.default_rng(5)
    lines = []
    for _ in range(80):
        chosen = [WORDS[place] for place in random.integers(0, len(WORDS), random.integers(2, 5))]
        lines.append("\t".join([" ".join(a for a, _ in chosen) + ".", " ".join(b for _, b in chosen) + "."]))
    path = folder / "pairs.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def prose(folder: Path) -> Path:
    random = np.random.default_rng(6)
    words = [a for a, _ in WORDS]
    lines = [" ".join(random.choice(words, 6)) + ("." if i % 3 else ".\n") for i in range(120)]
    path = folder / "prose.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, RunFolder]]:
    """Exported: a translator (byte pairs), and what goes on with prose (characters, windows)."""
    folder = tmp_path_factory.mktemp("texts")
    found = {}
    for name, source in (("pairs", pairs(folder)), ("prose", prose(folder))):
        run = finished_run(folder / name, source)
        made = export_onnx(folder / name, run, folder / f"{name}.onnx", samples=40)
        assert made.verified.same_answers == made.verified.samples >= 26
        assert made.verified.max_abs_difference < 1e-4
        found[name] = (folder, run)
    return found


def test_the_file_takes_text_and_gives_scores_of_the_next_token(runs: dict[str, tuple[Path, RunFolder]]) -> None:
    folder, run = runs["pairs"]
    session = onnxruntime.InferenceSession(folder / "pairs.onnx")
    assert [item.name for item in session.get_inputs()] == ["translation", "text"]
    assert [item.name for item in session.get_outputs()] == ["next", "scores"]
    project = project_of(run)
    network, field = load_network(run), project.data.field("translation")
    assert field is not None
    tokens = tokens_of(field)
    assert tokens is not None
    so_far, told = ["", "ett", "ett hus", "x" * 400], ["one house."] * 4
    with torch.inference_mode():
        text = Preparation(project.data.fields[0]).apply(told)
        (raw,) = network(Preparation(field).apply(so_far), text)
    next_, scores = session.run(None, {"translation": np.array(so_far, object), "text": np.array(told, object)})
    for row, written in enumerate(so_far):
        place = min(len(tokens.numbers(written)), tokens.step.token_length - 1)
        np.testing.assert_allclose(scores[row], raw[row, :, place].softmax(0).numpy(), atol=1e-5)
        assert next_[row] == tokens.spellings()[int(scores[row].argmax())]


def test_what_is_told_alone_is_asked_for_and_the_text_is_written(runs: dict[str, tuple[Path, RunFolder]]) -> None:
    folder, run = runs["pairs"]
    predictor = Predictor(folder / "pairs.onnx")
    assert [field.name for field in predictor.fields] == ["text"]
    made = predictor.predict(["red cat.", {"text": "one."}, {"text": "one.", "translation": "ett"}])
    said = [item.outputs["translation"].value for item in made.predictions]
    assert all(isinstance(text, str) for text in said) and str(said[2]).startswith("ett")
    project = project_of(run)
    network = load_network(run)
    inputs = [Preparation(project.data.fields[i]).apply(["red cat."]) for i in (1, 0)]
    tokens = tokens_of(project.data.fields[1])
    assert tokens is not None

    def silent(done: float, text: str) -> None: ...

    free = write_freely(network, inputs, 0, tokens, [0], progress=silent, cancelled=lambda: False)
    assert free == said[:1]


def test_going_on_is_drawn_and_the_same_seed_draws_the_same(runs: dict[str, tuple[Path, RunFolder]]) -> None:
    folder, _ = runs["prose"]
    predictor = Predictor(folder / "prose.onnx")
    assert [field.name for field in predictor.fields] == ["text"]

    def said(**manner: float) -> str:
        made = predictor.predict(["two red "], manner=Manner(**{"length": 40, **manner}))  # type: ignore[arg-type]
        return str(made.predictions[0].outputs["text"].value)

    assert said(seed=1) == said(seed=1) != said(seed=2)
    assert said(temperature=0) == said(temperature=0, seed=3) == said(temperature=1, top_k=1)
    assert said().startswith("two red ") and len(said()) == len("two red ") + 40
    long = predictor.predict(["red house " * 40], manner=Manner(length=5)).predictions[0]
    assert len(str(long.outputs["text"].value)) == 405  # beyond what the network sees at once


def test_drawing_keeps_to_what_may_be_written() -> None:
    field = small_field("Words")
    tokens = tokens_of(field)
    assert tokens is not None
    asked: list[list[str]] = []

    def ask(values: object) -> np.ndarray:
        asked.append(list(values["t"]))  # type: ignore[index]
        scores = np.full((len(asked[-1]), len(tokens.spellings())), 0.001, np.float32)
        scores[:, :3] = 0.9  # filling, unknown, begin: never written
        scores[:, 4] = 0.02
        return scores

    (text,) = write_texts(ask, {"t": [""]}, "t", tokens, Manner(temperature=0, length=4), lambda: False)
    first = field.statistics.vocabulary[0]
    assert text == " ".join([first] * 4) and asked[0] == [""] and asked[2] == [f"{first} {first}"]
    with pytest.raises(Cancelled):
        write_texts(ask, {"t": [""]}, "t", tokens, Manner(), lambda: True)


def small_field(step: str) -> Field:
    return Field(
        name="t",
        kind=FieldKind.TEXT,
        role=Role.TARGET,
        preparation=(Step(type=step, attributes={"length": 6, "ends": True, "pad": "right"}),),
        statistics=Statistics(vocabulary=("a", "b", "c")),
    )


def test_neither_torch_nor_onnx_is_needed_to_write(runs: dict[str, tuple[Path, RunFolder]]) -> None:
    folder, _ = runs["prose"]
    code = (
        "import sys; from engine.deployment.predict import Predictor\n"
        f"made = Predictor({str(folder / 'prose.onnx')!r}).predict(['red'])\n"
        "assert made.predictions[0].outputs and not {'torch', 'onnx'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_written_text_is_scored_as_it_is_used(runs: dict[str, tuple[Path, RunFolder]]) -> None:
    folder, run = runs["pairs"]
    (found,) = evaluate(folder / "pairs", run, "test").outputs
    assert {"accuracy", "perplexity", "bits_per_character", "exact_match", "chrf", "bleu"} <= set(found.metrics)
    assert found.metrics["exact_match"] == 0.0 and 0 <= found.metrics["chrf"] < 1
    assert len(found.mistakes) == 8 and found.mistakes[0].predicted != found.mistakes[0].true
    folder, run = runs["prose"]
    (found,) = evaluate(folder / "prose", run, "test").outputs
    dataset = open_dataset(folder / "prose", project_of(run).data)
    target = dataset.columns(("text",), "test").gather(torch.arange(len(dataset.split_indices("test"))))
    with torch.inference_mode():
        (raw,) = load_network(run)(target)
    nats = torch.nn.functional.cross_entropy(raw, target, ignore_index=0)
    assert found.metrics["bits_per_character"] == pytest.approx(float(nats) / np.log(2), rel=1e-4)
    assert found.metrics["perplexity"] == pytest.approx(float(nats.exp()), rel=1e-4)
    assert "exact_match" not in found.metrics  # it only goes on with its own text


def test_texts_that_are_right_score_full() -> None:
    assert compared(["a b c d e", "f"], ["a b c d e", "f"])["exact_match"] == 1
    assert compared(["the old house"], ["the old house"])["chrf"] == pytest.approx(1)
    assert compared(["abc", "b"], ["abc", "a"])["exact_match"] == 0.5


def test_every_proposal_for_text_is_whole(tmp_path: Path) -> None:
    found = inspect(prose(tmp_path)).data
    (field,) = found.fields
    for step in ("Words", "BytePairs"):
        attributes: dict[str, Value] = {"length": 16, "pad": "right"}
        twin = replace(field, preparation=(Step(type=step, attributes=attributes),))
        project = propose("gpt", replace(found, fields=(twin,)))
        assert any(node.type == "MultiheadAttention" for node in project.graph.nodes.values())
        assert not ShapeChecker(project).problems()


def test_the_lines_shown_to_a_programmer_write_the_same(
    runs: dict[str, tuple[Path, RunFolder]], tmp_path: Path
) -> None:
    folder, run = runs["pairs"]
    made = export_onnx(folder / "pairs", run, tmp_path / "pairs.onnx", samples=8)
    code = python_code(made).replace("'...'", "'red cat.'")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    (said,) = Predictor(tmp_path / "pairs.onnx").predict(["red cat."]).predictions
    expected = str(said.outputs["translation"].value)
    assert done.stdout.rstrip("\n").startswith(expected)  # Predictor stops where the network sees no further


def test_a_picture_and_columns_can_be_told_of_in_text() -> None:
    picture = Field(
        name="pixels",
        kind=FieldKind.IMAGE,
        preparation=(Step(type="Scale"),),
        statistics=Statistics(shape=(32, 32, 3)),
    )
    age = Field(name="age", kind=FieldKind.NUMBER, preparation=(Step(type="Standardize"),))
    for inputs in ((picture,), (age,), (picture, age)):
        project = propose("told", DataSpec(fields=(*inputs, small_field("Words"))))
        assert not ShapeChecker(project).problems()


@pytest.mark.parametrize(("flag", "value"), [("--temperature", "-1"), ("--top-k", "-2"), ("--length", "10000000")])
def test_settings_out_of_range_are_wrong_usage(flag: str, value: str) -> None:
    parser = argparse.ArgumentParser()
    predict_command.add_arguments(parser)
    with pytest.raises(UsageError) as caught:
        predict_command.manner_of(parser.parse_args(["model.onnx", "text", flag, value]))
    assert caught.value.where == flag
