"""Single samples with their answers: every kind of answer, every filter and order, pages that fit together."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.data_spec import Role, Step
from engine.document.files import create
from engine.document.graph import Edge, Graph, Node
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import Answered, answered, forget_answers
from engine.evaluation.answered_samples import answered_samples
from engine.evaluation.evaluate import evaluate
from engine.protocol.messages.answered_samples import Among, AnsweredRead, GetAnswered, Measure, Order
from engine.protocol.messages.data import FieldValue, ValueRange
from tests.unit.evaluation.test_answered import untrained


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    torch.set_num_threads(1)
    forget_answers()
    yield
    forget_answers()


def of_table(folder: Path, head: str, rows: list[str], target: str) -> Answered:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.csv").write_text(head + "\n" + "\n".join(rows) + "\n")
    project = propose("points", inspect(folder / "data.csv", target=target).data)
    create(folder / "project", project)
    return answered(folder / "project", untrained(folder / "project", project))


@pytest.fixture
def table(tmp_path: Path) -> Answered:
    random = np.random.default_rng(3)
    rows = [
        f"{a:.4f},{b:.4f},{'north' if n % 3 else 'south'},{'yes' if a > b else 'no'}"
        for n, (a, b) in enumerate(random.normal(size=(300, 2)))
    ]
    return of_table(tmp_path, "a,b,place,larger", rows, "larger")


def asked(given: Answered, **wanted: object) -> AnsweredRead:
    return answered_samples(given, GetAnswered(id=1, project_dir="", **wanted))  # type: ignore[arg-type]


def test_a_cell_of_the_matrix_holds_all_its_samples(table: Answered) -> None:
    scores = evaluate(table.project_dir, table.run).outputs[0]
    for true, row in zip(scores.classes, scores.matrix, strict=True):
        for predicted, count in zip(scores.classes, row, strict=True):
            found = asked(table, true=true, predicted=predicted, order=Order.SUREST, limit=500)
            assert found.total == len(found.samples) == count
            assert {(s.true, s.predicted) for s in found.samples} <= {(true, predicted)}
            assert all(s.right == (true == predicted) for s in found.samples)
            sure = [s.score for s in found.samples]
            assert sure == sorted(sure, reverse=True)
            assert [s.index for s in asked(table, true=true, predicted=predicted, order=Order.DATA).samples] == sorted(
                s.index for s in found.samples[: len(found.samples)]
            )[:48]


def test_the_surest_mistakes_are_those_of_the_scores(table: Answered) -> None:
    listed = evaluate(table.project_dir, table.run).outputs[0].mistakes
    found = asked(table, among=Among.WRONG, order=Order.SUREST, limit=len(listed))
    assert [(s.index, s.true, s.predicted) for s in found.samples] == [(m.index, m.true, m.predicted) for m in listed]
    assert found.measure is Measure.SURE and found.kind == "category"
    least = asked(table, order=Order.LEAST_CERTAIN, limit=500)
    assert least.total == table.count
    sure = [s.score for s in least.samples]
    assert sure == sorted(sure) and 0.5 <= sure[0] <= sure[-1] <= 1.0


def test_worst_first_goes_by_the_probability_of_the_truth(table: Answered) -> None:
    samples = asked(table, order=Order.WORST, limit=500).samples
    of_truth = [s.score if s.right else 1 - s.score for s in samples]  # two classes: the rest is the other's
    assert of_truth == pytest.approx(sorted(of_truth), abs=1e-6)
    best = asked(table, order=Order.BEST, limit=500).samples
    assert best[0].right and best[0].score == max(s.score for s in best if s.right)


def test_pages_fit_together_and_end(table: Answered) -> None:
    whole = [s.index for s in asked(table, order=Order.SUREST, limit=500).samples]
    paged = [
        s.index
        for offset in range(0, table.count + 7, 7)
        for s in asked(table, order=Order.SUREST, offset=offset, limit=7).samples
    ]
    assert paged == whole and sorted(whole) == table.indices.tolist()
    assert asked(table, offset=10_000).samples == []
    assert asked(table, limit=0).total == table.count


def test_groups_and_chosen_samples_narrow_what_is_listed(table: Answered) -> None:
    south = asked(table, values=[FieldValue(field="place", value="south")], limit=500)
    assert 0 < south.total < table.count
    assert {table.dataset.raw(s.index, "place") for s in south.samples} == {"south"}
    high = asked(table, ranges=[ValueRange(field="a", low=0.0, high=9.0)], limit=500)
    assert all(table.dataset.raw(s.index, "a") >= 0 for s in high.samples)
    some = table.indices[[1, 4]].numpy().astype("<i4")
    assert [s.index for s in asked(table, samples=some.tobytes(), order=Order.DATA).samples] == some.tolist()
    with pytest.raises(DataError):
        asked(table, output="nothing")


def test_samples_show_as_the_run_knows_them(table: Answered) -> None:
    sample = asked(table, limit=1).samples[0]
    assert sample.card.index == sample.index and sample.card.lines
    assert sample.name == table.dataset.full_name(sample.index)
    assert sample.true == table.dataset.raw(sample.index, "larger")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sample), type=type(sample)) == sample


def test_cancelled_leaves_off(table: Answered) -> None:
    with pytest.raises(Cancelled):
        answered_samples(table, GetAnswered(id=1, project_dir=""), cancelled=lambda: True)


def test_numbers_are_listed_by_how_far_off_they_are(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rows = [f"{a:.4f},{3 * a + 100:.3f}" for a in random.normal(size=120)]
    given = of_table(tmp_path, "a,mass", rows, "mass")
    found = asked(given, order=Order.SUREST, limit=500)
    assert found.measure is Measure.OFF and found.total == given.count
    off = [s.score for s in found.samples]
    assert off == sorted(off, reverse=True)
    first = found.samples[0]
    assert first.right is None
    assert abs(float(first.true) - float(first.predicted)) == pytest.approx(first.score, rel=1e-3)
    assert asked(given, among=Among.WRONG).total == given.count  # no number is just wrong
    assert [s.index for s in asked(given, order=Order.BEST, limit=500).samples][-1] == first.index


def test_masks_come_with_truth_and_answer_over_the_picture(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    for number in range(40):
        pixels = random.integers(0, 90, (16, 24), np.uint8)
        mask = np.zeros((16, 24), np.uint8)
        row, column = random.integers(0, 8, 2)
        pixels[row : row + 8, column : column + 8] += 120
        mask[row : row + 8, column : column + 8] = 255
        for folder, picture in (("images", pixels), ("masks", mask)):
            path = tmp_path / "cells" / folder / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    project = propose("cells", inspect(tmp_path / "cells").data)
    create(tmp_path / "project", project)
    given = answered(tmp_path / "project", untrained(tmp_path / "project", project))
    found = asked(given, limit=500)
    assert found.measure is Measure.OVERLAP
    overlap = [s.score for s in found.samples]
    assert overlap == sorted(overlap) and all(0 <= share <= 1 for share in overlap)
    scores = evaluate(given.project_dir, given.run).outputs[0]
    assert [s.index for s in found.samples[:3]] == [m.index for m in scores.mistakes[:3]]
    output = given.outputs[0]
    for sample in found.samples:
        card, truth, answer = sample.card, sample.truth, sample.answer
        assert truth is not None and answer is not None
        assert len(card.rgb) == card.width * card.height * 3
        assert len(truth.mask) == len(answer.mask) == card.width * card.height
        row = given.indices.tolist().index(sample.index)
        assert output.target is not None and output.areas is not None
        seen = np.frombuffer(truth.mask, np.uint8)
        share = float(output.areas[row, 2, 1]) / float(output.areas[row, 2].sum())
        assert (seen == 1).mean() == pytest.approx(share, abs=0.06)
    name = scores.classes[1]
    assert asked(given, true=name).total == given.count


def test_forecasts_come_with_past_and_future(tmp_path: Path) -> None:
    time = np.arange(400)
    values = np.sin(time / 6) * 4 + 20
    (tmp_path / "series.csv").write_text(
        "date,heat\n"
        + "\n".join(
            f"{np.datetime64('2024-01-01') + int(day)},{value:.4f}" for day, value in zip(time, values, strict=True)
        )
    )
    project = propose("heat", inspect(tmp_path / "series.csv", layout="series").data)
    create(tmp_path / "project", project)
    given = answered(tmp_path / "project", untrained(tmp_path / "project", project))
    found = asked(given, limit=5)
    assert found.kind == "series" and found.measure is Measure.OFF
    for sample in found.samples:
        future = np.frombuffer(sample.future, "<f4")
        forecast = np.frombuffer(sample.forecast, "<f4")
        past = np.frombuffer(sample.past, "<f4")
        assert len(future) == len(forecast) > 0 and 0 < len(past) <= 3 * len(future)
        assert np.abs(future - forecast).mean() == pytest.approx(sample.score, rel=1e-3)
        assert abs(past[-1] - future[0]) < 1.0  # the future goes on where the past ends
        assert 15.9 < future.min() <= future.max() < 24.1  # in its own unit


def test_labels_are_narrowed_label_by_label(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    rows = []
    for a, b in random.normal(size=(200, 2)):
        labels = [name for name, yes in (("warm", a > 0), ("wet", b > 0), ("dark", a + b > 0.5)) if yes]
        rows.append(f'{a:.4f},{b:.4f},"{";".join(labels)}"')
    folder = tmp_path
    (folder / "data.csv").write_text("a,b,kinds\n" + "\n".join(rows) + "\n")
    project = propose("kinds", inspect(folder / "data.csv", target="kinds").data)
    create(folder / "project", project)
    given = answered(folder / "project", untrained(folder / "project", project))
    scores = evaluate(given.project_dir, given.run).outputs[0]
    assert given.outputs[0].field is not None and given.outputs[0].field.kind.value == "labels"
    for score in scores.per_class:
        missed = asked(given, true=score.name, among=Among.WRONG, limit=500)
        assert missed.total == round(score.samples * (1 - score.recall))
        for sample in missed.samples:
            assert score.name in sample.true and score.name not in sample.predicted
        said = asked(given, predicted=score.name, limit=500)
        assert all(score.name in sample.predicted for sample in said.samples)
    assert asked(given, among=Among.RIGHT).total == round(scores.metrics["all_labels_right"] * given.count)
    assert asked(given, true="nothing").total == 0


def test_made_pictures_come_beside_the_true_ones(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    for number in range(40):
        path = tmp_path / "pictures" / ("a", "b")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (12, 12, 3), np.uint8)).save(path)
    project = propose("pictures", inspect(tmp_path / "pictures").data)
    picture = project.data.inputs()[0].name
    nodes = (
        Node(id="seen", type="Input", attributes={"fields": [picture]}),
        Node(id="made", type="Conv2d", attributes={"out_channels": 3, "kernel_size": 3, "padding": 1}),
        Node(id="out", type="Output", attributes={"field": picture}),
        Node(id="off", type="MSELoss"),
    )
    edges = (
        Edge(source="seen", target="made"),
        Edge(source="made", target="out", input="prediction"),
        Edge(source="made", target="off", input="prediction"),
        Edge(source="seen", target="off", input="target"),
    )
    project.graph = Graph(nodes, edges)
    create(tmp_path / "project", project)
    given = answered(tmp_path / "project", untrained(tmp_path / "project", project))
    found = asked(given, limit=500)
    assert found.kind == "image" and found.measure is Measure.OFF and found.total == given.count
    off = [sample.score for sample in found.samples]
    assert off == sorted(off, reverse=True) and off[-1] > 0
    for sample in found.samples:
        for shown in (sample.truth, sample.answer):
            assert shown is not None and len(shown.rgb) == 3 * shown.width * shown.height > 0
        assert sample.truth is not None and sample.answer is not None
        assert sample.truth.rgb != sample.answer.rgb and sample.right is None


def test_words_that_were_given_come_with_the_answer(tmp_path: Path) -> None:
    kinds = ("calm", "wild")
    rows = [f"the sea was {kinds[n % 2]} on day {n} of the voyage,{n / 7:.3f},{kinds[n % 2]}" for n in range(120)]
    given = of_table(tmp_path, "remark,wind,kind", rows, "kind")
    assert given.project.data.field("remark") is not None
    for sample in asked(given, limit=9).samples:
        assert sample.given == given.dataset.raw(sample.index, "remark"), "the words, not the numbers beside them"


def test_a_class_that_a_picture_is_made_from_comes_with_it(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    for number in range(40):
        path = tmp_path / "pictures" / ("boot", "coat")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    project = propose("pictures", inspect(tmp_path / "pictures").data)
    picture, label = project.data.inputs()[0], project.data.targets()[0]
    asked_for = msgspec.structs.replace(label, role=Role.INPUT, preparation=(Step(type="OneHot"),))
    project.data = msgspec.structs.replace(project.data, fields=(picture, asked_for))
    nodes = (
        Node(id="word", type="Input", attributes={"fields": [label.name]}),
        Node(id="seen", type="Input", attributes={"fields": [picture.name]}),
        Node(id="points", type="Linear", attributes={"out_features": 192}),
        Node(id="made", type="Unflatten", attributes={"dim": 1, "unflattened_size": [3, 8, 8]}),
        Node(id="out", type="Output", attributes={"field": picture.name}),
        Node(id="off", type="MSELoss"),
    )
    edges = (
        Edge(source="word", target="points"),
        Edge(source="points", target="made"),
        Edge(source="made", target="out", input="prediction"),
        Edge(source="made", target="off", input="prediction"),
        Edge(source="seen", target="off", input="target"),
    )
    project.graph = Graph(nodes, edges)
    create(tmp_path / "project", project)
    given = answered(tmp_path / "project", untrained(tmp_path / "project", project))
    found = asked(given, limit=9).samples
    assert {sample.given for sample in found} <= {"boot", "coat"}
    assert all(sample.given == given.dataset.raw(sample.index, label.name) for sample in found)
