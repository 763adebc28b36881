"""The states a tab can be in, each built on a real project folder with written run logs and a scripted engine.

Where a state needs the user to do something first, the tab's property `act` does it, once the runs are read.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from engine.document import files
from engine.document.data_spec import Step
from engine.document.edits import AddNode, apply
from engine.document.graph import Node
from engine.document.project import Project
from engine.document.project_json import to_bytes
from engine.protocol.messages.apps import AppOffer, AppSaved, AppsListed, ListApps, SaveApp
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import DataDescribed, DescribeData, GetSamples, SamplesRead, Shown, SplitCounts
from engine.protocol.messages.deployment import (
    Answer,
    Export,
    ModelExported,
    Predict,
    Prediction,
    PredictionMade,
    Verified,
)
from engine.protocol.messages.evaluation import ClassScore, Evaluate, EvaluationFinished, FieldEvaluation, Mistake
from engine.protocol.messages.explanation import Explain
from engine.protocol.messages.sample_input import ReadSample, SampleRead
from engine.protocol.messages.variants import GetVariants, MeasureVariants, Variant, VariantsMeasured
from engine.protocol.run_events import BatchChanged, RunPaused, SettingsChanged
from gui.evaluate.tab import EvaluateTab
from gui.evaluate.views.mistakes import MistakesView
from gui.evaluate.views.why import WhyView
from gui.train.tab import TrainTab
from gui.use.tab import UseTab
from gui.workbench import Workbench
from tests.gui.answered_scene import Listing, numbers, of_categories, picture_card, scripted_answers
from tests.gui.explained_scene import explained
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.run_logs import RunLog
from tests.patient_qtbot import WAIT_MS

EXAMPLES = Path(__file__).resolve().parents[2] / "projects"


def example(name: str = "garments") -> Project:
    """One of the shipped examples."""
    return files.load(EXAMPLES / name)


def open_example(bench: Workbench, place: Path, name: str = "garments") -> Path:
    """A copy of an example in `place`, open in the workbench once runs were written there."""
    directory = place / name
    files.create(directory, example(name))
    return directory


def train_tab(bench: Workbench) -> TrainTab:
    """The tab as the window makes it."""
    return TrainTab(project=bench.project, runs=bench.runs, data=bench.data)


def train_empty(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A project without runs."""
    bench.project.open(open_example(bench, place))
    return train_tab(bench)


def train_running(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A live run beside older ones."""
    directory = open_example(bench, place)
    for run, name, best in ((11, "sgd", 0.887), (12, "baseline", 0.921), (13, "dropout 0.3", 0.936)):
        old = log(directory, run, name=name)
        old.prepare()
        old.train(20, best=best, pace=3 + (14 - run))
        old.finish(best)
    live = log(directory, 14, name="wider fc", steps=100)
    live.prepare(device="cuda:0")
    live.note("Warm-up over.")
    live.pin()
    for epoch in range(14):
        live.train(1, best=0.97)
        live.see()
        if epoch == 7:
            live.say(SettingsChanged(step=800, epoch=8, learning_rate=0.001))
        if epoch == 10:
            live.say(BatchChanged(step=1100, epoch=11, batch_size=64, accumulate=2, reason="memory ran out"))
    live.note("A batch held a value that is not a number; it was left out.", warning=True)
    scripted_data(bench.engine)
    bench.project.open(directory)
    bench.data.describe()
    tab = train_tab(bench)
    return tab


def train_paused(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A run that waits."""
    directory = open_example(bench, place)
    live = log(directory, 3, name="small")
    live.prepare()
    live.pin()
    live.train(4)
    live.see()
    live.say(RunPaused(step=160))
    scripted_data(bench.engine)
    bench.project.open(directory)
    bench.data.describe()
    return train_tab(bench)


def train_five(bench: Workbench, place: Path, log: type[RunLog], view: int = 0) -> QWidget:
    """Five runs compared, one of them the baseline, with tags and notes."""
    directory = open_example(bench, place)
    for run, name, pace, best in (
        (1, "baseline", 4.0, 0.90),
        (2, "wider fc", 3.4, 0.93),
        (3, "dropout 0.3", 3.8, 0.935),
        (4, "sgd", 5.5, 0.887),
        (5, "batch norm", 2.6, 0.951),
    ):
        one = log(directory, run, name=name)
        one.about(baseline=run == 1, tags=["paper"] if run in (1, 5) else [], notes="Too slow." if run == 4 else "")
        one.prepare()
        for _ in range(12):
            one.train(1, best=best, pace=pace)
            one.see()
        one.finish(best)
        project = example()
        player = project.recipe.phases[0].players[0]
        rate = 0.001 * run
        changed = msgspec.structs.replace(
            player, optimizer=Step(type="SGD" if run == 4 else "AdamW", attributes={"lr": rate})
        )
        phase = msgspec.structs.replace(project.recipe.phases[0], players=(changed,), batch_size=32 * run)
        project.recipe = msgspec.structs.replace(project.recipe, phases=(phase,))
        if run == 5:
            add = AddNode(node=Node(id="bn9", type="BatchNorm2d", x=900, y=40))
            apply(project, add)
        (one.folder / "project.json").write_bytes(to_bytes(project))
    bench.project.open(directory)
    tab = train_tab(bench)

    def act() -> None:
        tab.run_list.rows.selectAll()
        tab.views.setCurrentIndex(view)

    tab.setProperty("act", act)
    return tab


def train_seeds(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """The same recipe with four seeds, shown as mean and spread, and one run beside them."""
    directory = open_example(bench, place)
    for run in range(1, 6):
        one = log(directory, run, name=f"seed {run}" if run < 5 else "other")
        one.about(group="1" if run < 5 else "")
        one.prepare()
        one.train(12, best=0.9 + 0.012 * run, pace=3 + 0.4 * run)
        one.finish(0.9 + 0.012 * run)
    bench.project.open(directory)
    tab = train_tab(bench)
    tab.setProperty("act", tab.run_list.rows.selectAll)
    return tab


def train_charts(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Every other chart."""
    widget = train_running(bench, place, log)
    kinds = ("ratio", "weights", "activations", "confusion", "speed", "memory")
    assert isinstance(widget, TrainTab)
    for kind in (*("loss", "metric:", "rate", "flow", "load"), *kinds):
        places = [item.kind for item in widget.charts.places()]
        if kind in kinds:
            widget.charts.add_chart(kind)
        elif kind in places:
            widget.charts.remove_chart(places.index(kind))
    return widget


def train_compared(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Two finished runs compared, the newer one overfitting."""
    directory = open_example(bench, place)
    for run, name, best, turn in ((1, "baseline", 0.92, 10**6), (2, "wider", 0.95, 9)):
        one = log(directory, run, name=name)
        one.prepare()
        one.train(20, best=best, turn=turn, memory=812_000_000 + run * 50_000_000)
        one.finish(best)
    bench.project.open(directory)
    tab = train_tab(bench)
    tab.setProperty("act", tab.run_list.rows.selectAll)
    return tab


def train_failed(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A run that ran out of memory."""
    directory = open_example(bench, place)
    one = log(directory, 1)
    one.prepare(device="cuda:0")
    one.train(3)
    one.fail("The GPU is out of memory.", where="conv2", hint="Halve the batch size: 64 would fit.")
    bench.project.open(directory)
    return train_tab(bench)


# Evaluate


def scripted_data(engine: FakeEngine) -> None:
    """Let the engine describe the data and give a card for every sample asked for."""
    engine.answer_with(DescribeData, DataDescribed(samples=5000, counts=SplitCounts(train=4000, val=500, test=500)))
    engine.answer_with(GetSamples, lambda request: SamplesRead(cards=[picture_card(at) for at in request.indices]))
    engine.answer_with(ReadSample, lambda request: picture_sample(request.index))


def picture_sample(index: int) -> SampleRead:
    """That picture as an input of Try it."""
    card = picture_card(index)
    return SampleRead(
        index=index,
        name=card.name,
        split="test",
        values={"pixels": {"sample": index}, "label": "Sneaker"},
        shown={"pixels": Shown(width=card.width, height=card.height, rgb=card.rgb)},
        truth={"label": Answer(value="Sneaker")},
    )


def scores_of(run: int, count: int = 8, split: str = "test") -> EvaluationFinished:
    """The evaluation of a good classifier of garments."""
    names = ["shirt", "coat", "dress", "bag", "boot", "sandal", "sneaker", "trouser"]
    names = (names + [f"class {at}" for at in range(count)])[:count]
    rng = np.random.default_rng(3)
    matrix = rng.poisson(3, (count, count))
    matrix[np.arange(count), np.arange(count)] = rng.integers(900, 985, count)
    matrix[0, 1 % count] = 41 if count > 1 else 900
    mistakes = [
        Mistake(
            index=at, true=names[at % count], predicted=names[(at + 1 + at // count) % count], score=0.99 - at / 200
        )
        for at in range(40)
    ]
    per_class = [
        ClassScore(
            name=name,
            precision=float(matrix[at, at] / matrix[:, at].sum()),
            recall=float(matrix[at, at] / matrix[at].sum()),
            f1=0.93,
            samples=int(matrix[at].sum()),
        )
        for at, name in enumerate(names)
    ]
    field = FieldEvaluation(
        field="label",
        metrics={"accuracy": 0.941, "f1_macro": 0.94, "top_3_accuracy": 0.983, "loss": 0.2134},
        classes=names,
        matrix=matrix.tolist(),
        per_class=per_class,
        mistakes=mistakes,
        interval=[0.936, 0.945],
    )
    return EvaluationFinished(run=run, split=split, samples=int(matrix.sum()), seconds=1.3, outputs=[field])


def number_scores(run: int) -> EvaluationFinished:
    """The evaluation of a network that answers a number."""
    mistakes = [
        Mistake(index=at, true=f"{3.1 + at}", predicted=f"{9.7 - at:.1f}", score=6.6 - at / 3) for at in range(9)
    ]
    field = FieldEvaluation(
        field="body_mass", metrics={"mean_absolute_error": 0.412, "r2": 0.87, "loss": 0.31}, mistakes=mistakes
    )
    return EvaluationFinished(run=run, split="test", samples=68, seconds=0.2, outputs=[field])


def two_runs(bench: Workbench, place: Path, log: type[RunLog]) -> None:
    """A project with two finished runs, open."""
    directory = open_example(bench, place)
    for run, name, best in ((13, "", 0.936), (14, "wider fc", 0.941)):
        one = log(directory, run, name=name)
        one.prepare()
        one.train(20, best=best)
        one.finish(best)
    bench.project.open(directory)


def evaluate_tab(bench: Workbench) -> EvaluateTab:
    """The tab as the window makes it."""
    return EvaluateTab(project=bench.project, runs=bench.runs, evaluation=bench.evaluation, data=bench.data)


def mistakes_view(tab: EvaluateTab) -> MistakesView:
    """The first view of the tab."""
    view = tab.view("mistakes")
    assert isinstance(view, MistakesView)
    return view


def evaluate_empty(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Nothing trained."""
    bench.project.open(open_example(bench, place))
    return evaluate_tab(bench)


def evaluate_full(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Scores of a classifier, a cell selected."""
    scripted_data(bench.engine)
    bench.engine.answer_with(Evaluate, lambda request: scores_of(int(request.run)))
    scripted_answers(bench.engine, Listing(of_categories(scores_of(14))))
    two_runs(bench, place, log)
    tab = evaluate_tab(bench)
    tab.setProperty("act", lambda: mistakes_view(tab).matrix.select(0, 1))
    return tab


def evaluate_why(bench: Workbench, place: Path, log: type[RunLog], *, together: bool = False) -> QWidget:
    """Why a mistake was made: what counted over the picture, in one way or in all."""
    tab = evaluate_full(bench, place, log)
    bench.engine.answer_with(Explain, explained)

    def act() -> None:
        bench.evaluation.choose_view("why")
        view = tab.view("why")
        assert isinstance(view, WhyView)
        view.compare.setChecked(together)

    tab.setProperty("act", act)
    return tab


def evaluate_many(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Eighty classes."""
    scripted_data(bench.engine)
    bench.engine.answer_with(Evaluate, lambda request: scores_of(int(request.run), 80))
    scripted_answers(bench.engine, Listing(of_categories(scores_of(14, 80))))
    two_runs(bench, place, log)
    return evaluate_tab(bench)


def evaluate_numbers(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A network that answers a number."""
    scripted_data(bench.engine)
    bench.engine.answer_with(Evaluate, lambda request: number_scores(int(request.run)))
    scripted_answers(bench.engine, numbers())
    two_runs(bench, place, log)
    return evaluate_tab(bench)


def evaluate_working(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Half way through."""
    bench.engine.answer_with(Evaluate, [Progress(fraction=0.4, message="Scoring 4,000 of 10,000", left_s=3)])
    two_runs(bench, place, log)
    return evaluate_tab(bench)


def evaluate_failed(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """The data is gone."""
    failure = error(
        "data", "The folder photos cannot be found.", "/home/me/photos", "Bring it back, or choose it anew in Data."
    )
    bench.engine.answer_with(Evaluate, RequestFailed(error=failure))
    two_runs(bench, place, log)
    return evaluate_tab(bench)


# Use


def prediction(*answers: Prediction) -> PredictionMade:
    """Answers of run 14."""
    return PredictionMade(run=14, predictions=list(answers), milliseconds=0.41)


SNEAKER = Prediction(
    input="shoe.png",
    outputs={
        "label": Answer(
            value="Sneaker",
            scores={"Sneaker": 0.962, "Ankle boot": 0.029, "Sandal": 0.007, "Bag": 0.001, "Coat": 0.001, "Dress": 0.0},
        )
    },
)


def exported(to: str, precision: str = "float32") -> ModelExported:
    """A proved file."""
    half = precision == "float16"
    return ModelExported(
        file=to,
        bytes=3_400_000 if half else 6_800_000,
        opset=20,
        inputs=[
            {"name": "pixels", "kind": "image", "dtype": "uint8", "shape": ["N", "height", "width", "channels"]},
        ],
        outputs=[
            {"name": "label", "dtype": "string", "shape": ["N"], "classes": ["Sneaker", "Bag"]},
            {"name": "scores", "dtype": "float", "shape": ["N", 2]},
        ],
        verified=Verified(
            samples=1000,
            same_answers=999 if half else 1000,
            max_abs_difference=2.1e-4 if half else 3.1e-7,
            batch_sizes=[1, 7, 64],
            any_size=True,
        ),
        run=14,
    )


def use_tab(bench: Workbench) -> UseTab:
    """The tab as the window makes it."""
    return UseTab(
        project=bench.project,
        runs=bench.runs,
        use=bench.use,
        data=bench.data,
        apps=bench.apps,
        variants=bench.variants,
    )


def measured(*, refused: str = "") -> VariantsMeasured:
    """What the engine finds of the garments network."""
    rows = (
        ("float32", "", 6_800_000, 0.941, 1.0, 0.41),
        ("float16", "", 3_400_000, 0.941, 0.999, 0.40),
        ("int8", "static", 1_800_000, 0.939, 0.991, 0.19),
        ("int8", "dynamic", 2_400_000, 0.897 if refused else 0.938, 0.97, 0.35),
    )
    return VariantsMeasured(
        run=14,
        variants=[
            Variant(
                precision=precision,
                int8=kind,
                bytes=size,
                score=score,
                same=same,
                latency_ms=time,
                refused=refused if kind == "dynamic" else "",
            )
            for precision, kind, size, score, same, time in rows
        ],
        score_name="accuracy",
        score_before=0.941,
        scored=2000,
        samples=2000,
        torch_ms=0.95,
    )


def picture_file(place: Path) -> Path:
    """A small picture file."""
    image = QImage(60, 40, QImage.Format.Format_RGB888)
    image.fill(QColor("#202226"))
    for x in range(60):
        for y in range(max(8, 26 - x // 3), 32):
            if 6 < x < 54:
                image.setPixelColor(x, y, QColor("#808794"))
    file = place / "shoe.png"
    image.save(str(file))
    return file


def one_run(bench: Workbench, place: Path, log: type[RunLog], name: str = "garments") -> None:
    """A project with one finished run, open."""
    directory = open_example(bench, place, name)
    one = log(directory, 14, name="wider fc")
    one.prepare()
    one.train(20)
    one.finish()
    bench.project.open(directory)


def use_empty(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Nothing trained."""
    bench.project.open(open_example(bench, place))
    return use_tab(bench)


def use_fresh(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Nothing given yet."""
    one_run(bench, place, log)
    return use_tab(bench)


def use_answered(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A picture answered, a file exported."""
    bench.engine.answer_with(Predict, prediction(SNEAKER))
    bench.engine.answer_with(Export, lambda request: exported(request.to, request.precision))
    one_run(bench, place, log)
    tab = use_tab(bench)
    file = picture_file(place)

    def act() -> None:
        tab.trying.inputs.take_files([file])
        tab.export.export_to(place / "garments.onnx")

    tab.setProperty("act", act)
    return tab


def use_table(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A form of numbers and categories, answered with a class."""
    answer = Answer(value="Gentoo", scores={"Gentoo": 0.91, "Chinstrap": 0.06, "Adelie": 0.03})
    bench.engine.answer_with(Predict, prediction(Prediction(input="row", outputs={"species": answer})))
    one_run(bench, place, log, "penguins")
    tab = use_tab(bench)
    tab.setProperty("act", tab.trying.inputs.ask.click)
    return tab


def use_text(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """A text, and the first answer under way."""
    bench.engine.answer_with(Predict, [Progress(fraction=0.6, message="Exporting the model once", left_s=4)])
    one_run(bench, place, log, "names")
    tab = use_tab(bench)

    def act() -> None:
        tab.trying.inputs.editor("text").setPlainText("Wojciechowski")
        tab.trying.inputs.ask.click()

    tab.setProperty("act", act)
    return tab


def use_variants(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Every number format measured, int8 picked and exported; one kind is refused."""
    reason = "accuracy would fall from 94.1 % to 89.7 % on 2,000 samples of the test split"
    bench.engine.answer_with(GetVariants, measured(refused=reason))
    proved = Verified(
        samples=1000,
        same_answers=991,
        max_abs_difference=2.9e-2,
        batch_sizes=[1, 64],
        any_size=True,
        score_name="accuracy",
        score=0.939,
        score_before=0.941,
        scored=1000,
    )
    bench.engine.answer_with(
        Export,
        lambda request: msgspec.structs.replace(
            exported(request.to, "int8"),
            bytes=1_800_000,
            precision="int8",
            int8="static",
            verified=proved,
            proof=request.to.replace(".onnx", ".proof.json"),
        ),
    )
    one_run(bench, place, log)
    tab = use_tab(bench)

    def act() -> None:
        tab.variants.table.selectRow(2)
        tab.export.export_to(place / "garments.onnx")

    tab.setProperty("act", act)
    return tab


def use_measuring(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """The number formats are being measured; an export failed at a node."""
    bench.engine.answer_with(
        MeasureVariants, [Progress(fraction=0.4, message="int8 static: comparing with torch", left_s=9)]
    )
    failure = error(
        "export",
        "The exported file did not answer as the network does, so it was not kept. The difference begins at Conv2d "
        "'conv1'.",
        "conv1",
        "Please report this with your project; replacing that node avoids it.",
    )
    bench.engine.answer_with(Export, RequestFailed(error=failure))
    one_run(bench, place, log)
    tab = use_tab(bench)

    def act() -> None:
        tab.variants.measure.click()
        tab.export.export_to(place / "garments.onnx")

    tab.setProperty("act", act)
    return tab


def use_not_measured(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Measuring failed; an old opset is chosen, for which pictures must come prepared."""
    failure = error("export", "TopK 'top': it cannot be exported.", "top", "Replace it by another layer.")
    bench.engine.answer_with(MeasureVariants, RequestFailed(error=failure))
    one_run(bench, place, log)
    tab = use_tab(bench)

    def act() -> None:
        tab.variants.measure.click()
        tab.export.opset.set_value(13)
        tab.export.opset.committed.emit(13)

    tab.setProperty("act", act)
    return tab


def use_apps(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Ready-made apps: one saved, one that failed, one being saved."""

    def saved(request: SaveApp) -> AppSaved | RequestFailed | Progress:
        if request.app == "csharp":
            return RequestFailed(error=error("export", "The app cannot be written: No space left.", "", "Free some."))
        if request.app == "pytorch":
            return Progress(fraction=0.4, message="Writing the model", left_s=3)
        return AppSaved(app=request.app, path=request.to, bytes=7_269_102, files=["a.html"], open=request.to, samples=5)

    bench.engine.answer_with(SaveApp, saved)
    offer = AppOffer(key="project", title="", line="", form=".zip", bytes=1_900_000, data_bytes=30_878_645)
    bench.engine.answer_with(ListApps, AppsListed(run=14, apps=[offer]))
    one_run(bench, place, log)
    tab = use_tab(bench)

    def act() -> None:
        for key in ("web", "csharp", "pytorch"):
            tab.apps.cards[key].save_to(place / key)
            wait_for(lambda: not bench.apps.saving or bench.apps.saving == "pytorch")

    tab.setProperty("act", act)
    return tab


def wait_for(ready: Callable[[], bool]) -> None:
    """Turn the event loop until it is so, as long as a test waits at most."""
    end = monotonic() + WAIT_MS / 1000
    while not ready() and monotonic() < end:
        QCoreApplication.processEvents()


def use_many(bench: Workbench, place: Path, log: type[RunLog]) -> QWidget:
    """Several files, one of them broken; an export that failed."""
    broken = Prediction(input="/photos/broken.png", problem="The picture is damaged.")
    bench.engine.answer_with(Predict, prediction(SNEAKER, broken, SNEAKER))
    failure = error("export", "The file answers otherwise than the network.", "conv2", "Try opset 20.")
    bench.engine.answer_with(Export, RequestFailed(error=failure))
    one_run(bench, place, log)
    tab = use_tab(bench)
    file = picture_file(place)

    def act() -> None:
        tab.trying.inputs.take_files([file, file, file])
        tab.export.export_to(place / "garments.onnx")

    tab.setProperty("act", act)
    return tab


STATES: dict[str, Callable[[Any, Path, Any], QWidget]] = {
    "train_empty": train_empty,
    "train_running": train_running,
    "train_paused": train_paused,
    "train_compared": train_compared,
    "train_five": train_five,
    "train_five_table": partial(train_five, view=1),
    "train_five_settings": partial(train_five, view=2),
    "train_five_network": partial(train_five, view=3),
    "train_seeds": train_seeds,
    "train_charts": train_charts,
    "train_failed": train_failed,
    "evaluate_empty": evaluate_empty,
    "evaluate_full": evaluate_full,
    "evaluate_why": evaluate_why,
    "evaluate_why_all": partial(evaluate_why, together=True),
    "evaluate_many": evaluate_many,
    "evaluate_numbers": evaluate_numbers,
    "evaluate_working": evaluate_working,
    "evaluate_failed": evaluate_failed,
    "use_empty": use_empty,
    "use_fresh": use_fresh,
    "use_answered": use_answered,
    "use_table": use_table,
    "use_text": use_text,
    "use_many": use_many,
    "use_apps": use_apps,
    "use_variants": use_variants,
    "use_measuring": use_measuring,
    "use_not_measured": use_not_measured,
}
