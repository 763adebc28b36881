"""The real engine on real data: import, describe, cards, training."""

import csv
import json

import pytest
from engine_process import EngineProcess

from engine.document import files
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataDescribed, DataImported, DescribeData, GetSamples, ImportData, SamplesRead
from engine.protocol.messages.deployment import Export, ModelExported, Predict, PredictionMade
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from engine.protocol.messages.training import StartTraining, TrainingStarted
from engine.protocol.messages.variants import GetVariants, MeasureVariants, VariantsMeasured
from engine.protocol.run_events import RunFinished
from engine.protocol.run_folder import RunFolder, is_final


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "shapes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["width", "height", "shape"])
        for i in range(60):
            writer.writerow([i % 7 + 1, i % 5 + 1, "wide" if i % 7 > i % 5 else "tall"])
        writer.writerow(["3", "4"])
    return path


@pytest.fixture(scope="module")
def engine():
    with EngineProcess() as process:
        process.next_event()
        yield process


@pytest.fixture(scope="module")
def project_dir(engine, table, tmp_path_factory):
    """A project made from what the engine proposed, as the window does it."""
    imported = engine.answer(engine.send(ImportData, path=str(table)))
    assert isinstance(imported, DataImported), imported
    assert imported.samples == 60 and imported.found
    assert imported.left_out_count == 1 and "line 62" in imported.left_out[0].where
    project = files.from_document(imported.project, "the proposal")
    folder = tmp_path_factory.mktemp("projects") / "shapes"
    files.create(folder, project)
    return folder


def test_data_is_described_and_shown_again_at_once(engine, project_dir):
    described = engine.answer(engine.send(DescribeData, project_dir=str(project_dir)))
    assert isinstance(described, DataDescribed), described
    assert described.samples == 60 == len(described.splits) == len(described.labels) // 4
    assert described.counts.train + described.counts.val + described.counts.test == 60
    assert sorted(described.classes) == ["tall", "wide"]
    assert sum(described.class_counts) == 60
    assert [described.splits.count(bytes([i])) for i in range(3)] == [
        described.counts.train,
        described.counts.val,
        described.counts.test,
    ]
    request = engine.send(GetSamples, project_dir=str(project_dir), indices=[5, 0, 10**6])
    read = engine.answer(request)
    assert isinstance(read, SamplesRead), read
    assert [card.index for card in read.cards] == [5, 0, 10**6]
    assert read.cards[0].label in ("tall", "wide") and read.cards[0].lines
    assert read.cards[2].problem


def test_a_run_is_started_and_outlives_the_engine(table, project_dir):
    with EngineProcess() as own:
        own.next_event()
        started = own.answer(
            own.send(StartTraining, project_dir=str(project_dir), name="short", epochs=2, device="cpu")
        )
        assert isinstance(started, TrainingStarted), started
        own.process.kill()
    folder = RunFolder(files.Path(started.run_dir))
    assert folder.number == started.run
    assert json.loads(folder.project_file.read_bytes())["recipe"]["phases"][0]["epochs"] == 2
    reader, last = folder.follow(), None
    while last is None or not is_final(last):
        last = next(iter(reversed(reader.read())), last)
    assert isinstance(last, RunFinished) and last.epochs == 2


def test_a_network_with_a_problem_is_not_started_and_says_why(engine, project_dir, tmp_path):
    project = files.load(project_dir)
    loss = next(node for node in project.graph.nodes.values() if node.type == "CrossEntropyLoss")
    project.graph.disconnect(loss.id, "prediction")
    files.create(tmp_path / "p", project)
    answer = engine.answer(engine.send(StartTraining, project_dir=str(tmp_path / "p")))
    assert isinstance(answer, RequestFailed) and answer.error["kind"] == "training"
    assert answer.error["message"] and not (tmp_path / "p" / "runs").exists()


def test_importing_can_be_cancelled(engine, tmp_path):
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("a,b,c\n")
        file.writelines(f"{i},{i % 3},{i % 7}\n" for i in range(400_000))
    request = engine.send(ImportData, path=str(path))
    while not isinstance(event := engine.next_event(), Progress):
        assert event.request != request, "it was over before it could be cancelled"
    engine.cancel(request)
    answer = engine.answer(request)
    assert isinstance(answer, RequestFailed) and answer.error["kind"] == "cancelled"


def test_a_finished_run_is_scored_tried_and_exported(engine, project_dir, tmp_path):
    started = engine.answer(engine.send(StartTraining, project_dir=str(project_dir), epochs=3, device="cpu"))
    assert isinstance(started, TrainingStarted), started
    reader, last = RunFolder(files.Path(started.run_dir)).follow(), None
    while last is None or not is_final(last):
        last = next(iter(reversed(reader.read())), last)
    run = str(started.run)

    evaluated = engine.answer(engine.send(Evaluate, project_dir=str(project_dir), run=run, split="train"))
    assert isinstance(evaluated, EvaluationFinished), evaluated
    assert evaluated.run == started.run and evaluated.samples > 0
    main = evaluated.outputs[0]
    assert main.field == "shape" and sum(map(sum, main.matrix)) == evaluated.samples

    row = {"width": 7, "height": 1}
    inputs = [row, {"width": "", "height": "2"}, {"height": 1}]
    made = engine.answer(engine.send(Predict, project_dir=str(project_dir), run=run, inputs=inputs))
    assert isinstance(made, PredictionMade), made
    assert made.run == started.run and made.milliseconds > 0
    assert made.predictions[0].outputs["shape"].value in ("tall", "wide") and not made.predictions[0].problem
    assert made.predictions[1].outputs and made.predictions[2].problem and not made.predictions[2].outputs
    again = engine.answer(engine.send(Predict, project_dir=str(project_dir), run=run, inputs=inputs))
    assert again.predictions == made.predictions

    to = tmp_path / "shapes.onnx"
    exported = engine.answer(engine.send(Export, project_dir=str(project_dir), run=run, to=str(to)))
    assert isinstance(exported, ModelExported), exported
    assert exported.bytes == to.stat().st_size and exported.run == started.run
    assert exported.verified.same_answers == exported.verified.samples > 0
    refused = engine.answer(engine.send(Export, project_dir=str(project_dir), run=run, to=str(to), precision="double"))
    assert isinstance(refused, RequestFailed) and refused.error["kind"] == "export"
    assert to.stat().st_size == exported.bytes, "what was there before stays"

    kept = engine.answer(engine.send(GetVariants, project_dir=str(project_dir), run=run))
    assert isinstance(kept, VariantsMeasured) and not kept.variants
    measured = engine.answer(engine.send(MeasureVariants, project_dir=str(project_dir), run=run))
    assert isinstance(measured, VariantsMeasured), measured
    assert [item.precision for item in measured.variants][:2] == ["float32", "float16"]
    assert measured.run == started.run and measured.score_name == "accuracy"
    kept = engine.answer(engine.send(GetVariants, project_dir=str(project_dir), run=run))
    assert kept.variants == measured.variants
