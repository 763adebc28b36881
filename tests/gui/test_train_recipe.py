"""The recipe form: every change one edit, undone and redone, without any engine."""

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.catalog import registry
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Step
from engine.document.edits import AddNode, PutFrame, SetData, SetRecipe
from engine.document.graph import Frame, Node
from engine.document.project import Project
from engine.document.recipe import EarlyStop, Phase, Play, Player, Precision, Recipe
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.training import BatchSizeFound, FindBatchSize, FindLearningRate, LearningRateFound
from gui.models.curves import RunCurves
from gui.models.project import ProjectModel
from gui.models.saved_question import SavedQuestion
from gui.train.advice import advise, loss_tells
from gui.train.batch_finder import BatchFinder
from gui.train.node_dialog import TrainableNode
from gui.train.rate_finder import RateFinder
from gui.train.recipe_form import RecipeForm
from gui.widgets.theme import apply_theme
from tests.gui.fake_engine import FakeEngine, error
from tests.gui.tab_states import example


@pytest.fixture
def project(qapp, tmp_path):
    apply_theme(qapp, "dark")
    model = ProjectModel()
    model.create(tmp_path / "p", Project(name="p"))
    yield model
    model.shut_down()


@pytest.fixture
def form(project, qtbot):
    form = RecipeForm(project)
    qtbot.addWidget(form)
    form.show()
    return form


def type_into(qtbot, form, name: str, text: str) -> None:
    editor = form.row(name).editor
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("epochs", "30", lambda r: r.phases[0].epochs == 30),
        ("batch_size", "256", lambda r: r.phases[0].batch_size == 256),
        ("seed", "11", lambda r: r.seed == 11),
        ("lr", "3e-4", lambda r: r.phases[0].players[0].optimizer.attributes["lr"] == 3e-4),
        ("clip_norm", "1.5", lambda r: r.clip_norm == 1.5),
    ],
)
def test_a_number_is_one_undoable_edit(qtbot, project, form, name, text, read):
    before = project.project.recipe
    type_into(qtbot, form, name, text)
    assert read(project.project.recipe)
    assert project.history.count() == 1
    project.history.undo()
    assert project.project.recipe == before
    shown = form.row(name).editor.value()
    project.history.redo()
    assert read(project.project.recipe)
    assert form.row(name).editor.value() != shown


def test_choices_are_edits_too(qtbot, project, form):
    form.row("optimizer").editor.committed.emit("SGD")
    assert project.project.recipe.phases[0].players[0].optimizer.type == "SGD"
    form.row("schedule").editor.committed.emit("CosineAnnealing")
    assert project.project.recipe.phases[0].players[0].schedule.type == "CosineAnnealing"
    form.row("precision").editor.committed.emit("float32")
    assert project.project.recipe.precision is Precision.FLOAT32
    form.row("device").editor.committed.emit("cpu")
    assert project.project.recipe.device == "cpu"
    form.row("class_weights").editor.committed.emit(True)
    assert project.project.recipe.class_weights


def test_another_optimizer_keeps_what_both_know_but_the_step_size(project, form):
    step = Step(type="Adam", attributes={"lr": 0.01, "beta1": 0.8, "weight_decay": 0.1})
    recipe = Recipe(phases=(Phase(players=(Player(optimizer=step),)),))
    project.do(SetRecipe(recipe=recipe))
    form.row("optimizer").editor.committed.emit("AdamW")
    assert project.project.recipe.phases[0].players[0].optimizer == Step(
        type="AdamW", attributes={"beta1": 0.8, "weight_decay": 0.1}
    )


def test_a_bad_number_is_refused_beside_its_editor(qtbot, project, form):
    type_into(qtbot, form, "epochs", "0")
    assert "from 1" in form.row("epochs").below()
    assert project.history.count() == 0
    type_into(qtbot, form, "lr", "-1")
    assert "above 0" in form.row("lr").below()


def test_early_stopping_shows_its_settings(qtbot, project, form):
    assert form.row("patience").isHidden()
    form.row("early_stop").editor.committed.emit(True)
    assert not form.row("patience").isHidden()
    type_into(qtbot, form, "patience", "3")
    form.row("metric").editor.committed.emit("accuracy")
    assert project.project.recipe.early_stop == EarlyStop(metric="accuracy", patience=3)
    form.row("early_stop").editor.committed.emit(False)
    assert project.project.recipe.early_stop is None


def test_phases_and_players_are_edited_one_at_a_time(qtbot, project, form):
    assert form.row("phase").isHidden()
    two = Recipe(
        phases=(
            Phase(name="pre-train", epochs=5),
            Phase(name="fine-tune", epochs=3, players=(Player(name="generator"), Player(name="critic"))),
        )
    )
    project.do(SetRecipe(recipe=two))
    assert not form.row("phase").isHidden()
    assert form.row("player").isHidden()
    form.row("phase").editor.committed.emit(1)
    assert form.row("epochs").editor.value() == 3
    form.row("player").editor.committed.emit(1)
    type_into(qtbot, form, "lr", "0.02")
    type_into(qtbot, form, "epochs", "9")
    phases = project.project.recipe.phases
    assert phases[0] == two.phases[0]
    assert phases[1].epochs == 9
    assert phases[1].players[0] == Player(name="generator")
    assert phases[1].players[1].optimizer.attributes == {"lr": 0.02}


def test_an_unknown_optimizer_of_a_newer_version_is_kept(project, form):
    recipe = Recipe(phases=(Phase(players=(Player(optimizer=Step(type="Lion9", attributes={"x": 1})),)),))
    project.do(SetRecipe(recipe=recipe))
    assert form.row("optimizer").editor.value() == "Lion9"
    assert form.row("lr").isHidden()
    assert project.project.recipe == recipe


def test_only_what_the_machine_has_can_be_chosen(qtbot, project, form):
    device = form.row("device").editor
    form.set_devices(["cpu"])
    assert device.values() == ["auto", "cpu", "cuda"]
    assert "no GPU" in str(device.itemData(2, Qt.ItemDataRole.ToolTipRole))
    form.set_devices(["cuda:0", "cuda:1", "cpu"])
    assert [device.itemText(at) for at in range(device.count())] == ["auto", "CPU", "GPU 0", "GPU 1"]
    recipe = msgspec.structs.replace(project.project.recipe, device="cuda:7")
    project.do(SetRecipe(recipe=recipe))
    assert device.value() == "cuda:7"
    form.set_devices(["cpu"])
    assert device.value() == "cuda:7"  # of another machine; kept until the user picks another


def test_a_read_only_project_locks_the_form(project, form):
    project.read_only = True
    project.state_changed.emit()
    assert not form.row("epochs").editor.isEnabled()
    assert form._read_only.isVisible()


# Advice


def curves(train: list[float], val: list[float], steps: list[float] | None = None) -> RunCurves:
    found = RunCurves()
    found.train, found.val = {"loss": train}, {"loss": val}
    found.epochs = list(range(1, len(train) + 1))
    if steps:
        found.column("loss").x.extend(range(1, len(steps) + 1))
        found.column("loss").y.extend(steps)
    return found


def test_good_curves_need_no_advice():
    falling = [1 / (epoch + 1) for epoch in range(20)]
    flat = [*falling[:10], *[falling[9]] * 10]
    assert advise(curves(falling, flat), Recipe(), finished=True) is None
    assert advise(RunCurves(), Recipe(), finished=True) is None
    noisy = [value + (0.002 if at % 2 else 0) for at, value in enumerate(flat)]
    assert advise(curves(falling, noisy), Recipe(), finished=True) is None


def test_advice_for_curves_that_say_something():
    falling = [1 / (epoch + 1) for epoch in range(16)]
    turning = [1 / (epoch + 1) if epoch < 8 else 0.125 + 0.03 * (epoch - 7) for epoch in range(16)]
    overfit = advise(curves(falling, turning), Recipe(), finished=False)
    assert (overfit.key, overfit.recipe.early_stop) == ("overfitting", EarlyStop(metric="loss", patience=5))
    stopping = msgspec.structs.replace(Recipe(), early_stop=EarlyStop())
    assert advise(curves(falling, turning), stopping, finished=False).recipe is None
    short = advise(curves(falling[:6], falling[:6]), Recipe(), finished=True)
    assert (short.key, short.recipe.phases[0].epochs) == ("short", 20)
    assert advise(curves(falling[:6], falling[:6]), Recipe(), finished=False) is None
    # Of two phases the second is judged alone: what the first one's loss was is no measure for it.
    two = Recipe(phases=(Phase(epochs=8), Phase(epochs=16)))
    first = [0.01 * (9 - epoch) for epoch in range(8)]
    assert advise(curves(first + falling[:5], first + falling[:5]), two, finished=False) is None
    second = advise(curves(first + falling, first + turning), two, finished=False)
    assert second.title == "Overfitting began after epoch 16"
    assert advise(curves([1.0], [1.0], [1.0] * 10 + [50.0] * 20), two, finished=False) is None
    exploding = advise(curves([1.0], [1.0], [1.0] * 10 + [50.0] * 20), Recipe(), finished=False)
    assert exploding.key == "diverged"
    assert exploding.recipe.phases[0].players[0].optimizer.attributes["lr"] == pytest.approx(3e-4)
    assert advise(curves([1.0], [1.0], [1.0] * 10 + [float("nan")] * 20), Recipe(), finished=False).key == "diverged"


def test_an_average_a_wrapper_and_first_weights_are_picked_with_their_settings(qtbot, project, form):
    form.row("average").editor.committed.emit("EMA")
    assert project.project.recipe.average == Step(type="EMA")
    form._extras["average"].form.value_changed.emit("decay", 0.99)
    assert project.project.recipe.average == Step(type="EMA", attributes={"decay": 0.99})
    form.row("average").editor.committed.emit("SWA")
    assert project.project.recipe.average == Step(type="SWA"), "what SWA does not know is let go"
    form.row("wrapper").editor.committed.emit("SAM")
    assert project.project.recipe.phases[0].players[0].wrapper == Step(type="SAM")
    form.row("weight_init").editor.committed.emit("KaimingNormal")
    form.row("bias_init").editor.committed.emit("Zeros")
    assert project.project.recipe.weight_init == Step(type="KaimingNormal")
    assert project.project.recipe.bias_init == Step(type="Zeros")
    for _ in range(4):
        project.history.undo()
    form.row("average").editor.committed.emit("")
    assert project.project.recipe.average is None
    assert form._extras["average"].form.isHidden()


def test_metrics_of_the_data_stand_first(qtbot, project, form):
    field = Field(name="species", kind=FieldKind.CATEGORY, role=Role.TARGET)
    project.do(SetData(data=DataSpec(fields=(field,))))
    editor = form.row("metrics").editor
    assert editor.offered()[0] == "accuracy" and "mean_squared_error" not in editor.offered()
    assert editor.words() == "the usual ones"
    ticked = next(action for action in editor.menu().actions() if action.data() == "auroc")
    ticked.trigger()
    assert project.project.recipe.metrics == ("auroc",)
    other = next(action for action in editor._all.actions() if action.data() == "r2")
    other.trigger()
    assert project.project.recipe.metrics == ("auroc", "r2") and "AUROC" in editor.words()
    project.history.undo()
    assert editor.value() == (), "ticks in one go are one step"
    watched = form.row("metric").editor.values()
    assert watched[:2] == ["loss", "accuracy"] and watched.index("auroc") < watched.index("mean_squared_error")


def test_every_optimizer_and_schedule_can_be_picked_and_shows_its_settings(qtbot, project, form):
    for kind in registry.optimizers():
        form.row("optimizer").editor.committed.emit(kind.type_name())
        assert set(form._optimizer_form.names()) == {info.name for info in kind.attributes()}
    for kind in registry.schedules():
        form.row("schedule").editor.committed.emit(kind.type_name())
        assert set(form._schedule_form.names()) == {info.name for info in kind.attributes()}


def test_the_schedule_is_drawn_as_training_does_it(qtbot, project, form):
    curve = form._curve
    assert curve.isHidden(), "nothing changes"
    form.row("schedule").editor.committed.emit("CosineAnnealing")
    assert curve.isVisible() and curve.values()[-1] < 0.001
    assert "0.001" in curve.accessibleDescription()
    type_into(qtbot, form, "lr", "0.2")
    assert "0.2" in curve.accessibleDescription()
    assert not curve.grab().isNull()
    form.row("schedule").editor.committed.emit("ReduceLROnPlateau")
    assert curve.isHidden(), "it depends on the loss"


def test_losses_are_weighed_where_there_are_several(qtbot, project, form):
    project.do(AddNode(node=Node(id="loss1", type="MSELoss")))
    assert form.losses.isHidden(), "one loss needs no weight"
    project.do(AddNode(node=Node(id="loss2", type="ActivityPenalty")))
    assert not form.losses.isHidden()
    assert "Activity penalty" in form.losses.row("loss2").editor.accessibleDescription()
    editor = form.losses.row("loss2").editor
    editor.committed.emit(0.01)
    assert project.project.recipe.phases[0].players[0].losses == {"loss1": 1.0, "loss2": 0.01}
    form.losses.row("loss1").editor.committed.emit(0.0)
    assert project.project.recipe.phases[0].players[0].losses == {"loss2": 0.01}
    editor.committed.emit(0.0)
    assert "at least" in form.losses.row("loss2").below()
    assert project.project.recipe.phases[0].players[0].losses == {"loss2": 0.01}
    editor.committed.emit(1.0)
    form.losses.row("loss1").editor.committed.emit(1.0)
    assert project.project.recipe.phases[0].players[0].losses == {}, "all count alike again"


# Phases, players, and what does not suit


def test_phases_are_added_named_ordered_and_removed(qtbot, project, form):
    plan = form.plan
    assert plan.phase.remove.blocked_reason() == "A recipe has one phase at least."
    plan.phase.add.click()
    assert [phase.name for phase in project.project.recipe.phases] == ["train", "phase 2"]
    assert form.row("phase").editor.value() == 1
    plan.phase.name.setText("fine-tune")
    plan.phase.name.editingFinished.emit()
    plan.phase.up.click()
    assert [phase.name for phase in project.project.recipe.phases] == ["fine-tune", "train"]
    assert plan.phase.up.blocked_reason() == "It is the first phase."
    plan.phase.remove.click()
    assert [phase.name for phase in project.project.recipe.phases] == ["train"]
    for _ in range(project.history.count()):
        project.history.undo()
    assert project.project.recipe == Recipe()


def test_a_player_gets_nodes_turns_and_moves(qtbot, project, form):
    for node in (Node(id="fc1", type="Linear"), Node(id="act", type="ReLU"), Node(id="fc2", type="Linear")):
        project.do(AddNode(node=node))
    form.plan.player.add.click()
    players = project.project.recipe.phases[0].players
    assert [player.name for player in players] == ["model", "player 2"]
    assert form.row("player").editor.value() == 1
    type_number(qtbot, form.plan.every, "5")
    type_number(qtbot, form.plan.steps, "2")
    player = project.project.recipe.phases[0].players[1]
    assert (player.every, player.steps) == (5, 2)
    form.plan.trainable = lambda: [TrainableNode(id=name, label="Linear", parameters=10) for name in ("fc1", "fc2")]
    dialog = form.plan.choose_nodes()
    assert dialog.chosen() == ()
    dialog.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.chosen() == ("fc2",)
    dialog.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.do.blocked_reason() == "A player has to train something."
    dialog.search.setText("fc1")
    dialog._tick(True)
    dialog.do.click()
    assert project.project.recipe.phases[0].players[1].nodes == ("fc1",)
    assert form.plan.nodes.text().strip() == "1 node"


def test_a_player_that_nobody_named_is_called_after_what_it_trains(project, form):
    frame = Frame(id="judges", title="Critic", x=-10.0, y=-10.0, width=500.0, height=100.0)
    wide = Frame(id="all", title="Everything", x=-10.0, y=-10.0, width=5000.0, height=1000.0)
    nodes = (
        Node(id="fc1", type="Linear", title="Painter", x=900.0),
        Node(id="fc2", type="Linear"),
        Node(id="fc3", type="Linear", x=300.0),
    )
    for node in nodes:
        project.do(AddNode(node=node))
    for mark in (wide, frame):
        project.do(PutFrame(frame=mark))

    def names() -> list[str]:
        return [player.name for player in project.project.recipe.phases[0].players]

    form.plan._take_nodes(("fc2", "fc3"))
    assert names() == ["model"], "alone it needs no name"
    form.plan.player.add.click()
    form.plan._take_nodes(("fc1",))
    assert names() == ["model", "Painter"]
    assert project.project.recipe.phases[0].players[1].nodes == ("fc1",), "in the same step back and forth"
    project.history.undo()
    assert names() == ["model"]
    form.plan.player.add.click()
    assert names() == ["model", "player 2"]
    form.plan._take_nodes(("fc2", "fc3"))
    assert names() == ["model", "Critic"], "the frame around them, and the smaller one"
    form.plan._take_nodes(("fc1",))
    assert names() == ["model", "Critic"], "a name that is more than a number stays"


def type_number(qtbot, editor, text: str) -> None:
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("accumulate", "4", lambda r: r.phases[0].accumulate == 4),
        ("label_smoothing", "0.1", lambda r: r.label_smoothing == 0.1),
        ("mixup", "0.2", lambda r: r.mixup == 0.2),
        ("cutmix", "1", lambda r: r.cutmix == 1.0),
    ],
)
def test_the_further_numbers_are_edits_too(qtbot, project, form, name, text, read):
    type_into(qtbot, form, name, text)
    assert read(project.project.recipe)
    project.history.undo()
    assert project.project.recipe == Recipe()


def test_the_batch_size_may_be_measured(qtbot, project, form):
    type_into(qtbot, form, "batch_size", "auto")
    assert project.project.recipe.phases[0].auto_batch
    assert "measured" in form.row("batch_size").below()
    assert form.row("auto_batch").editor.value() is True
    type_into(qtbot, form, "batch_size", "32")
    phase = project.project.recipe.phases[0]
    assert (phase.batch_size, phase.auto_batch) == (32, False)


def test_what_does_nothing_with_this_data_says_why_and_can_be_taken_back(qtbot, project, form):
    fields = (Field(name="x", kind=FieldKind.NUMBER), Field(name="y", kind=FieldKind.NUMBER, role=Role.TARGET))
    project.do(SetRecipe(recipe=msgspec.structs.replace(Recipe(), mixup=0.2)))
    project.do(SetData(data=DataSpec(fields=fields)))
    for name in ("label_smoothing", "cutmix", "class_weights"):
        assert not form.row(name).editor.isEnabled()
        assert form.row(name).below() != ""
    assert form.row("mixup").editor.isEnabled()


def test_float16_needs_a_graphics_card(project, form):
    form.set_devices(["cpu"])
    model = form.row("precision").editor.model()
    at = form.row("precision").editor.values().index("float16")
    assert not model.item(at).isEnabled()
    assert "no GPU" in model.item(at).toolTip()
    form.set_devices(["cpu", "cuda:0"])
    assert form.row("precision").editor.model().item(at).isEnabled()


def test_the_learning_rate_is_found_and_taken_with_one_click(qtbot, project, form):
    engine = FakeEngine()
    found = LearningRateFound(
        rates=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
        losses=[2.3, 2.2, 1.4, 1.0, 5.0],
        smooth=[2.3, 2.2, 1.5, 1.1, 4.0],
        suggestion=0.00123,
        highest=0.01,
        present=0.003,
    )
    form.offer_tests(SavedQuestion(project, engine))
    project.do(SetRecipe(recipe=msgspec.structs.replace(Recipe(), seed=12)))
    form.find_rate.click()
    finder = form.findChild(RateFinder)
    assert finder.take.blocked_reason() == "It is not known yet."
    qtbot.waitUntil(lambda: bool(engine.asked(FindLearningRate)))
    asked = engine.asked(FindLearningRate)[0]
    assert (asked.phase, asked.player) == (0, 0)
    engine.answer(asked.id, Progress(fraction=0.5, message="Step 50 of 100"))
    assert finder.line.text() == "Step 50 of 100"
    engine.answer(asked.id, found)
    assert len(finder.chart.series("smooth")) == 5
    assert [mark.text for mark in finder.chart.marks()] == ["in the recipe", "suggested", "highest that learns"]
    finder.take.click()
    assert project.project.recipe.phases[0].players[0].optimizer.attributes["lr"] == 0.0012


def test_the_batch_size_is_found_and_taken_with_one_click(qtbot, project, form):
    engine = FakeEngine()
    assert form.find_batch.isHidden(), "without an engine there is nothing to ask"
    form.offer_tests(SavedQuestion(project, engine))
    project.do(SetRecipe(recipe=msgspec.structs.replace(Recipe(), seed=12)))
    form.find_batch.click()
    finder = form.findChild(BatchFinder)
    assert finder.take.blocked_reason() == "It is not known yet."
    qtbot.waitUntil(lambda: bool(engine.asked(FindBatchSize)))
    asked = engine.asked(FindBatchSize)[0]
    assert asked.phase == 0
    engine.answer(asked.id, Progress(fraction=-1, message="Batch of 256"))
    assert finder.line.text() == "Batch of 256"
    engine.answer(
        asked.id,
        BatchSizeFound(batch_size=512, reason="There are no more samples.", memory_bytes=2 * 10**9, free_bytes=10**10),
    )
    assert finder.facts.rows() == [
        ("largest batch", "512 samples"),
        ("in the recipe", "64 samples"),
        ("memory used", "2.00 GB"),
        ("memory free", "10.00 GB"),
    ]
    assert finder.words.whole_text() == "There are no more samples."
    finder.take.click()
    assert project.project.recipe.phases[0].batch_size == 512
    assert form.row("batch_size").editor.value() == 512


def test_a_batch_size_that_cannot_be_found_says_why(qtbot, project, form):
    engine = FakeEngine()
    engine.answer_with(FindBatchSize, RequestFailed(error=error("training", "There is no data.")))
    form.offer_tests(SavedQuestion(project, engine))
    form.find_batch.click()
    finder = form.findChild(BatchFinder)
    qtbot.waitUntil(lambda: finder.notice.isVisible())
    assert "There is no data." in finder.notice.text()
    assert finder.take.blocked_reason() == "Nothing was found."


def test_a_range_test_that_fails_says_so_and_one_that_is_closed_is_given_up(qtbot, project, form):
    engine = FakeEngine()
    engine.answer_with(FindLearningRate, RequestFailed(error=error("training", "There is no data.")))
    form.offer_tests(SavedQuestion(project, engine))
    form.find_rate.click()
    finder = form.findChild(RateFinder)
    qtbot.waitUntil(lambda: finder.notice.isVisible())
    assert "There is no data." in finder.notice.text()
    engine.answer_with(FindLearningRate, None)
    finder._begin()
    qtbot.waitUntil(lambda: len(engine.asked(FindLearningRate)) == 2)
    finder.reject()
    assert engine.cancelled == [engine.asked(FindLearningRate)[1].id]


def test_a_phase_that_plays_is_set_and_taken_back(qtbot, project, form):
    assert form.play.isHidden()  # no environment, nothing to play in
    source = Source(kind=SourceKind.ENVIRONMENT, path="gym:CartPole-v1")
    project.do(SetData(data=DataSpec(sources=(source,))))
    assert not form.play.isHidden() and form.play.rows["memory"].isHidden()
    form.play.switch.committed.emit(True)
    assert project.project.recipe.phases[0].play == Play()
    assert not form.play.rows["memory"].isHidden() and form.play.rows["output"].isHidden()
    editor = form.play.rows["memory"].editor
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), "500")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert project.project.recipe.phases[0].play == Play(memory=500)
    assert "smaller" in form.play.rows["start_after"].below()
    project.history.undo()
    assert project.project.recipe.phases[0].play == Play() and editor.value() == Play().memory
    for name in ("act", "act2"):
        project.do(AddNode(node=Node(id=name, type="Output", attributes={"field": "action"})))
    qtbot.waitUntil(lambda: not form.play.rows["output"].isHidden())
    form.play.output.committed.emit("act2")
    assert project.project.recipe.phases[0].play == Play(output="act2")
    form.play.switch.committed.emit(False)
    assert project.project.recipe.phases[0].play is None
    assert any(choice == "mean_return" for choice in form._metric.values()) is False
    project.history.undo()
    assert "mean_return" in form._metric.values()


@pytest.mark.parametrize(
    ("name", "tells"),
    [("garments", True), ("gan", False), ("wgan", False), ("rbm", False), ("dqn", False), ("vae", True)],
)
def test_a_loss_is_judged_where_it_tells_how_good_a_network_is(name: str, tells: bool) -> None:
    project = example(name)
    assert loss_tells(project.graph, project.recipe) is tells
