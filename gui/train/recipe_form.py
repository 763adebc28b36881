"""The recipe: how the network is trained. Every change is an edit of the project; no engine is needed."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.catalog.entry import Entry
from engine.catalog.metrics.episodes import MeanReturn
from engine.catalog.registry import averages, blind_initializers, optimizers, schedules, wrappers
from engine.checks.offers import metrics_for, scored_fields
from engine.checks.playing import play_of
from engine.document.data_spec import FieldKind, Step
from engine.document.edits import Change, SetRecipe
from engine.document.recipe import EarlyStop, Phase, Play, Player, Precision, Recipe
from gui.forms.attribute_form import AttributeForm
from gui.forms.entry_choice import EntryChoice
from gui.forms.metrics_editor import MetricsEditor
from gui.models.project import ProjectModel
from gui.models.saved_question import SavedQuestion
from gui.train.loss_weights import LossWeights, is_loss
from gui.train.plan_editor import PlanEditor
from gui.train.play_editor import PlayEditor
from gui.train.schedule_curve import ScheduleCurve
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.guarded import guarded
from gui.widgets.number_editor import NumberEditor
from gui.widgets.section_label import SectionLabel
from gui.widgets.switch import Switch
from gui.widgets.text import Text

_CAPTION: Final = 84
_PRECISIONS: Final = (
    Choice(value="auto", label="auto", help="Measures a few steps and takes the fastest safe one."),
    Choice(value="float32", label="float32", help="Exact, and slower on a GPU."),
    Choice(value="bfloat16", label="bfloat16", help="Half the memory, faster on newer GPUs."),
)
_FLOAT16: Final = Choice(value="float16", label="float16", help="For GPUs without bfloat16; the loss is scaled.")
_NO_GPU: Final = "This machine has no GPU that torch can use."
_DEVICES: Final = (
    Choice(value="auto", label="auto", help="A GPU when there is one, else the processor."),
    Choice(value="cpu", label="CPU"),
    Choice(value="cuda", label="GPU"),
)


class RecipeForm(QWidget):
    """The ordinary recipe, one phase with one player, is one small form; with more, two choosers stand above it."""

    def __init__(self, project: ProjectModel, parent: QWidget | None = None, *, in_pieces: bool = False) -> None:
        super().__init__(parent)
        self._project = project
        self._phase_at = 0
        self._player_at = 0
        self._more_is_open = False
        self._drawing_changed = False  # set by edits of nodes while hidden, cleared when the plan was shown anew
        self._rows: dict[str, FormRow] = {}
        self._metrics_offered: object = None
        self._question: SavedQuestion | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._read_only = Text("This project is open for reading only.", role="note", wrap=True)
        self._read_only.hide()
        self._column.addWidget(self._read_only)
        if not in_pieces:
            for _ in self.making():
                pass

    def making(self) -> Iterator[None]:
        """The rows, a few at a time; whoever makes the form in pieces goes through this once, at their pace."""
        project = self._project
        self._phase = ChoiceEditor()
        self._player = ChoiceEditor()
        yield
        self._add("phase", "Phase", self._phase, "Phases run one after the other.", self._on_phase_chosen)
        yield
        self._add(
            "player", "Player", self._player, "Players take turns, each with losses of its own.", self._on_player_chosen
        )
        yield
        for name in ("phase", "player"):
            self._rows[name].hide()  # until there are several
        self._optimizer = ChoiceEditor(
            [Choice(value=kind.type_name(), label=kind.label(), help=kind.about()) for kind in optimizers()]
        )
        yield
        self._lr = NumberEditor(0.001, above=0, maximum=100)
        self._schedule = ChoiceEditor(
            [Choice(value=kind.type_name(), label=kind.label(), help=kind.about()) for kind in schedules()]
        )
        yield
        self._epochs = NumberEditor(10, whole=True, minimum=1)
        self._batch = NumberEditor(64, whole=True, minimum=1, doubling=True, optional=True)
        self._precision = ChoiceEditor([*_PRECISIONS, _FLOAT16])
        yield
        self._seed = NumberEditor(7, whole=True, minimum=0, maximum=2**62)
        self._device = ChoiceEditor(_DEVICES)
        self._add(
            "optimizer",
            "Optimizer",
            self._optimizer,
            "How the weights are changed after each step.",
            self._on_optimizer,
        )
        yield
        self._add(
            "lr", "Learn rate", self._lr, "Step size. Too large and training jumps about, too small and it crawls.",
            lambda value: self._set_optimizer({"lr": value}),
        )  # fmt: skip
        yield
        self._add(
            "schedule",
            "Schedule",
            self._schedule,
            "How the learning rate changes as training goes on.",
            self._on_schedule,
        )
        yield
        self._curve = ScheduleCurve(left=_CAPTION + 8)
        self._column.addWidget(self._curve)
        self._add(
            "epochs",
            "Epochs",
            self._epochs,
            "How often all training samples are seen.",
            lambda v: self._set_phase("epochs", v),
        )
        yield
        self._add(
            "batch_size", "Batch", self._batch, "How many samples are looked at before each change of the weights.",
            self._on_batch,
        )  # fmt: skip
        yield
        self._add(
            "precision", "Precision", self._precision, "Number format while training.",
            lambda v: self._set(precision=Precision(str(v))),
        )  # fmt: skip
        yield
        self._add("seed", "Seed", self._seed, "The same seed gives the same run.", lambda v: self._set(seed=v))
        yield
        self._add("device", "Device", self._device, "Where training computes.", lambda v: self._set(device=str(v)))
        yield
        self.play = PlayEditor(caption_width=_CAPTION)
        self.play.changed.connect(self._on_play)
        self._column.addWidget(self.play)
        yield
        self.find_rate = Button("Find learning rate...", role="link", name="train.recipe.find_rate")
        self.find_rate.clicked.connect(self._on_find_rate)
        self.find_rate.hide()
        self._column.addWidget(self.find_rate)
        self.find_batch = Button("Find batch size...", role="link", name="train.recipe.find_batch")
        self.find_batch.clicked.connect(self._on_find_batch)
        self.find_batch.hide()
        self._column.addWidget(self.find_batch)
        self._more = Button("More settings", role="link")
        self._more.clicked.connect(lambda: self._open_more(not self._more_is_open))
        self._column.addWidget(self._more)
        self._advanced = QWidget()
        below = QVBoxLayout(self._advanced)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        self._advanced.hide()
        self._column.addWidget(self._advanced)
        yield from self._making_more(below)
        self._open_more(False)
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)
        project.state_changed.connect(self._show_read_only)
        shown = None
        while shown is not project.project.recipe:  # it may be changed while its form is made
            shown = project.project.recipe
            yield from self._showing()

    def row(self, name: str) -> FormRow:
        """The row of a setting: optimizer, lr, schedule, epochs, batch_size, precision, seed, device, clip_norm,
        early_stop, patience, metric, metrics, class_weights, average, weight_init, bias_init, wrapper, phase, player.
        Raises KeyError."""
        return self._rows[name]

    def set_devices(self, devices: list[str]) -> None:
        """Offer what the machine has ("cpu", "cuda:0", ...); a kind it lacks is shown, with the reason."""
        gpus = [name for name in devices if name != "cpu"]
        choices = [*_DEVICES[:2]]
        if not gpus:
            choices.append(Choice(value="cuda", label="GPU", blocked=_NO_GPU))
        choices += [Choice(value=name, label=_device_label(name)) for name in gpus]
        self._device.set_choices(choices)
        half = dataclasses.replace(_FLOAT16, blocked="" if gpus else _NO_GPU)
        self._precision.set_choices([*_PRECISIONS, half])

    # Building

    def _add(
        self,
        name: str,
        caption: str,
        editor: Any,
        help: str,
        commit: Callable[[Any], None],
        column: QVBoxLayout | None = None,
    ) -> None:
        editor.setObjectName(f"train.recipe.{name}")
        row = FormRow(caption, editor, help=help, caption_width=_CAPTION)
        editor.committed.connect(commit)
        if hasattr(editor, "rejected"):
            editor.rejected.connect(row.set_problem)
        self._rows[name] = row
        (column or self._column).addWidget(row)

    def _making_more(self, column: QVBoxLayout) -> Iterator[None]:
        self._clip = NumberEditor(None, above=0, optional=True, none_text="off")
        self._class_weights = Switch(False)
        self._early = Switch(False)
        self._patience = NumberEditor(5, whole=True, minimum=1)
        self._metric = ChoiceEditor([Choice(value="loss", label="Loss")])
        self._metrics = MetricsEditor()
        self._add(
            "clip_norm", "Clip norm", self._clip, "Shortens gradients longer than this, against sudden jumps.",
            lambda v: self._set(clip_norm=v), column,
        )  # fmt: skip
        yield
        self._auto_batch = Switch(False)
        self._add(
            "auto_batch",
            "Batch auto",
            self._auto_batch,
            "The largest batch that fits is measured when the run begins.",
            lambda v: self._set_phase("auto_batch", bool(v)),
            column,
        )
        yield
        self._accumulate = NumberEditor(1, whole=True, minimum=1, doubling=True)
        self._add(
            "accumulate", "Add up", self._accumulate,
            "Batches whose gradients are added up for one step: as a larger batch, with less memory.",
            lambda v: self._set_phase("accumulate", v), column,
        )  # fmt: skip
        yield
        self._samples = NumberEditor(1000, whole=True, minimum=1, optional=True)
        self._add(
            "samples", "Samples", self._samples,
            "Learn from so many training samples alone, drawn by the seed; empty takes all.",
            lambda v: self._set_phase("samples", v), column,
        )  # fmt: skip
        yield
        self._smoothing = NumberEditor(0.0, minimum=0, below=1)
        self._add(
            "label_smoothing", "Smoothing", self._smoothing,
            "Takes a little certainty from the right class, 0.1 at most times; against overconfidence.",
            lambda v: self._set(label_smoothing=float(v)), column,
        )  # fmt: skip
        yield
        self._mixup = NumberEditor(0.0, minimum=0, maximum=100)
        self._add(
            "mixup", "Mixup", self._mixup, "Mixes pairs of samples and their classes; 0.2 is mild, 0 is off.",
            lambda v: self._set(mixup=float(v)), column,
        )  # fmt: skip
        yield
        self._cutmix = NumberEditor(0.0, minimum=0, maximum=100)
        self._add(
            "cutmix", "Cutmix", self._cutmix, "Puts a piece of one picture into another; 1 is usual, 0 is off.",
            lambda v: self._set(cutmix=float(v)), column,
        )  # fmt: skip
        yield
        self._add(
            "class_weights", "Balance", self._class_weights, "Rare classes count more in the loss.",
            lambda v: self._set(class_weights=bool(v)), column,
        )  # fmt: skip
        yield
        self._add(
            "metrics", "Metrics", self._metrics, "What is measured after each epoch, beside the loss.",
            lambda v: self._set(metrics=tuple(v)), column,
        )  # fmt: skip
        yield
        self._add(
            "early_stop", "Stop early", self._early, "Stop when validation has not got better for some epochs.",
            lambda v: self._set(early_stop=EarlyStop() if v else None), column,
        )  # fmt: skip
        yield
        self._add(
            "patience", "Patience", self._patience, "After how many epochs without getting better.",
            lambda v: self._set_early(patience=v), column,
        )  # fmt: skip
        yield
        self._add(
            "metric",
            "Watching",
            self._metric,
            "What has to get better.",
            lambda v: self._set_early(metric=str(v)),
            column,
        )
        yield
        self._extras: dict[str, EntryChoice] = {}
        for name, caption, entries, none, help in (
            ("average", "Average", averages(), "none", "Answers with an average of the weights of many steps."),
            ("weight_init", "First weights", blind_initializers(), "as torch does", "What all weights begin with."),
            ("bias_init", "First biases", blind_initializers(), "as torch does", "What all biases begin with."),
            ("wrapper", "Around it", wrappers(), "nothing", "What is put around the optimizer."),
        ):
            self._extras[name] = self._extra(name, caption, entries, none, help)
            yield
        for name in ("average", "weight_init", "bias_init"):
            column.addWidget(self._extras[name])
        self.plan = PlanEditor(self._project, caption_width=_CAPTION)
        self.plan.changed.connect(self._on_plan)
        column.addWidget(self.plan)
        yield
        self.losses = LossWeights(caption_width=_CAPTION)
        self.losses.changed.connect(self._on_losses)
        column.addWidget(self.losses)
        yield
        self._optimizer_title = SectionLabel("Optimizer")
        self._optimizer_form = AttributeForm(caption_width=_CAPTION)
        self._optimizer_form.value_changed.connect(lambda name, value: self._set_optimizer({name: value}))
        self._schedule_title = SectionLabel("Schedule")
        self._schedule_form = AttributeForm(caption_width=_CAPTION)
        self._schedule_form.value_changed.connect(self._on_schedule_value)
        for widget in (
            self._optimizer_title,
            self._extras["wrapper"],
            self._optimizer_form,
            self._schedule_title,
            self._schedule_form,
        ):
            column.addWidget(widget)

    def _extra(self, name: str, caption: str, entries: Sequence[type[Entry]], none: str, help: str) -> EntryChoice:
        """A choice that may be none: of the recipe, or (the wrapper) of the player."""
        found = EntryChoice(caption, entries, none=none, help=help, name=f"train.recipe.{name}", caption_width=_CAPTION)
        self._rows[name] = found.row
        found.changed.connect(lambda chosen: self._on_extra(name, chosen))
        return found

    def _on_extra(self, name: str, chosen: object) -> None:
        step = Step(type=chosen[0], attributes=chosen[1]) if isinstance(chosen, tuple) else None
        if name == "wrapper":
            self._set_player(name, step)
        else:
            self._set(**{name: step})

    def _open_more(self, opened: bool) -> None:
        self._more_is_open = opened
        self._more.set_text("Fewer settings" if opened else "More settings")
        self._advanced.setVisible(opened)

    # Showing

    def _on_opened(self) -> None:
        self._phase_at = self._player_at = 0
        self._show()

    def _on_changed(self, change: Change) -> None:
        nodes = self._project.project.graph.nodes
        of_losses = any(self.losses.knows(name) or is_loss(nodes.get(name)) for name in (*change.nodes, *change.moved))
        if change.recipe or change.data or of_losses:
            self._show()
        elif change.nodes:
            self._drawing_changed = True
            if self.isVisible():
                self._show_plan()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._drawing_changed:
            self._show_plan()

    def _show_plan(self) -> None:
        """Which nodes there are to train and to follow."""
        self._drawing_changed = False
        phase, _ = self._current()
        self.plan.show_recipe(self._project.project.recipe, self._phase_at, self._player_at)
        self.play.show_phase(self._project.project, phase)

    def _show_read_only(self) -> None:
        locked = self._project.read_only
        self._read_only.setVisible(locked)
        for row in self._rows.values():
            row.editor.setEnabled(not locked)
        for form in (self._optimizer_form, self._schedule_form, *(extra.form for extra in self._extras.values())):
            form.setEnabled(not locked)
        self.losses.setEnabled(not locked)
        self.plan.setEnabled(not locked)
        self.play.setEnabled(not locked)
        for button in (self.find_rate, self.find_batch):
            button.set_blocked("This project is open for reading only." if locked else "")
        if not locked:
            self._block_what_does_not_suit()

    def _block_what_does_not_suit(self) -> None:
        """Settings that do nothing with this data cannot be changed, and say why; one that is set can be taken back."""
        data = self._project.project.data
        kinds = {field.kind for field in data.targets()}
        classes = not data.fields or bool(kinds & {FieldKind.CATEGORY, FieldKind.LABELS})
        pictures = not data.fields or any(field.kind is FieldKind.IMAGE for field in data.inputs())
        recipe = self._project.project.recipe
        no_classes = "" if classes else "For answers that are classes; this network answers something else."
        no_pictures = "" if pictures else "For pictures; this data has none."
        for name, reason, is_set in (
            ("label_smoothing", no_classes, bool(recipe.label_smoothing)),
            ("mixup", no_classes, bool(recipe.mixup)),
            ("cutmix", no_classes or no_pictures, bool(recipe.cutmix)),
            ("class_weights", no_classes, recipe.class_weights),
        ):
            row = self._rows[name]
            row.editor.setEnabled(not reason or is_set)
            row.set_hint(reason)

    def _show(self) -> None:
        for _ in self._showing():
            pass

    def _showing(self) -> Iterator[None]:
        recipe = self._project.project.recipe
        phase, player = self._current()
        self._rows["phase"].setVisible(len(recipe.phases) > 1)
        self._rows["player"].setVisible(len(phase.players) > 1)
        self._phase.set_choices(
            [Choice(value=at, label=f"{at + 1} {item.name}") for at, item in enumerate(recipe.phases)]
        )
        self._phase.set_value(self._phase_at)
        self._player.set_choices([Choice(value=at, label=item.name) for at, item in enumerate(phase.players)])
        self._player.set_value(self._player_at)
        for editor, value in (
            (self._optimizer, player.optimizer.type),
            (self._schedule, player.schedule.type),
            (self._epochs, phase.epochs),
            (self._batch, None if phase.auto_batch else phase.batch_size),
            (self._auto_batch, phase.auto_batch),
            (self._precision, recipe.precision.value),
            (self._seed, recipe.seed),
            (self._device, recipe.device),
            (self._clip, recipe.clip_norm),
            (self._class_weights, recipe.class_weights),
            (self._early, recipe.early_stop is not None),
            (self._accumulate, phase.accumulate),
            (self._samples, phase.samples),
            (self._smoothing, recipe.label_smoothing),
            (self._mixup, recipe.mixup),
            (self._cutmix, recipe.cutmix),
        ):
            if editor.value() != value:
                editor.set_value(value)
        hint = "The largest that fits is measured when the run begins." if phase.auto_batch else ""
        self._rows["batch_size"].set_hint(hint)
        yield
        self.plan.show_recipe(recipe, self._phase_at, self._player_at)
        self.play.show_phase(self._project.project, phase)
        yield
        self._show_metrics(recipe)
        yield
        self.losses.show_losses(self._project.project.graph, player.losses)
        for name, step in (
            ("average", recipe.average),
            ("weight_init", recipe.weight_init),
            ("bias_init", recipe.bias_init),
            ("wrapper", player.wrapper),
        ):
            self._extras[name].show_choice(
                step.type if step is not None else "", step.attributes if step is not None else {}
            )
            yield
        yield
        stop = recipe.early_stop or EarlyStop()
        self._patience.set_value(stop.patience)
        self._metric.set_value(stop.metric)
        for name in ("patience", "metric"):
            self._rows[name].setVisible(recipe.early_stop is not None)
        optimizer = next((kind for kind in optimizers() if kind.type_name() == player.optimizer.type), None)
        schedule = next((kind for kind in schedules() if kind.type_name() == player.schedule.type), None)
        self._rows["lr"].setVisible(optimizer is not None)
        if optimizer is not None:
            default = next(item.default for item in optimizer.attributes() if item.name == "lr")
            self._lr.set_value(player.optimizer.attributes.get("lr", default))
        rate = self._lr.value()
        self._curve.show_schedule(player.schedule, float(rate) if isinstance(rate, int | float) else 1.0)
        yield
        self._optimizer_form.set_entry(optimizer, player.optimizer.attributes)
        yield
        self._schedule_form.set_entry(schedule, player.schedule.attributes)
        if optimizer is not None and "lr" in self._optimizer_form.names():
            row = self._optimizer_form.editor("lr").parentWidget()
            if row is not None:
                row.hide()  # it stands above already
        self._schedule_title.setVisible(bool(self._schedule_form.names()))
        yield
        self._show_read_only()

    def _show_metrics(self, recipe: Recipe) -> None:
        """Offer what suits the fields that are answered first."""
        project = self._project.project
        first, rest = metrics_for(scored_fields(project, self._project.checker))
        acts = play_of(recipe) is not None
        first, rest = ((MeanReturn, *first) if acts else first), tuple(m for m in rest if m is not MeanReturn)
        self._metrics.set_offered(first, rest)
        self._metrics.set_value(recipe.metrics)
        if (first, rest) != self._metrics_offered:
            self._metrics_offered = (first, rest)
            choices = [Choice(value="loss", label="Loss")]
            choices += [Choice(value=m.key, label=m.label(), help=m.about()) for m in first]
            if first and rest:
                choices.append(Choice(value=None, label="All", heading=True))
            choices += [Choice(value=m.key, label=m.label(), help=m.about()) for m in rest]
            self._metric.set_choices(choices)

    def _current(self) -> tuple[Phase, Player]:
        phases = self._project.project.recipe.phases or (Phase(),)
        self._phase_at = min(self._phase_at, len(phases) - 1)
        phase = phases[self._phase_at]
        players = phase.players or (Player(),)
        self._player_at = min(self._player_at, len(players) - 1)
        return phase, players[self._player_at]

    # Editing

    def offer_tests(self, question: SavedQuestion) -> None:
        """Let the learning rate and the batch size be found by tests; without an engine there are none."""
        self._question = question
        self.find_rate.show()
        self.find_batch.show()

    def _on_find_rate(self) -> None:
        question = self._question
        if question is None:
            return
        reason = question.reason_not_to_ask()
        if reason:
            self._rows["lr"].set_problem(reason)
            return
        self._rows["lr"].set_problem("")
        from gui.train.rate_finder import RateFinder  # with it come the charts

        finder = RateFinder(question, phase=self._phase_at, player=self._player_at, device="", parent=self)
        finder.taken.connect(lambda rate: self._set_optimizer({"lr": rate}))
        finder.open()

    def _on_find_batch(self) -> None:
        question = self._question
        if question is None:
            return
        reason = question.reason_not_to_ask()
        self._rows["batch_size"].set_problem(reason)
        if reason:
            return
        from gui.train.batch_finder import BatchFinder

        phase, _ = self._current()
        finder = BatchFinder(question, phase=self._phase_at, present=phase.batch_size, parent=self)
        finder.taken.connect(self._on_batch)
        finder.open()

    def _on_plan(self, recipe: object, phase_at: int, player_at: int) -> None:
        if isinstance(recipe, Recipe):
            self._phase_at, self._player_at = phase_at, player_at
            self._do(recipe, f"plan.{phase_at}.{player_at}")
            self._show()

    def _on_phase_chosen(self, at: object) -> None:
        self._phase_at, self._player_at = int(str(at)), 0
        self._show()

    def _on_player_chosen(self, at: object) -> None:
        self._player_at = int(str(at))
        self._show()

    def _set(self, **changes: Any) -> None:
        self._do(msgspec.structs.replace(self._project.project.recipe, **changes), next(iter(changes)))

    def _set_early(self, **changes: Any) -> None:
        stop = self._project.project.recipe.early_stop or EarlyStop()
        self._set(early_stop=msgspec.structs.replace(stop, **changes))

    def _set_phase(self, name: str, value: Any) -> None:
        phase, _ = self._current()
        self._put(msgspec.structs.replace(phase, **{name: value}), name)

    def _on_play(self, play: object, setting: str) -> None:
        phase, _ = self._current()
        if play is None or isinstance(play, Play):
            self._put(msgspec.structs.replace(phase, play=play), f"play.{setting}")

    def _on_batch(self, value: object) -> None:
        """A number, or None for the largest that fits."""
        phase, _ = self._current()
        if isinstance(value, int):
            self._put(msgspec.structs.replace(phase, batch_size=value, auto_batch=False), "batch_size")
        else:
            self._put(msgspec.structs.replace(phase, auto_batch=True), "batch_size")

    def _on_losses(self, weights: object) -> None:
        if isinstance(weights, dict):
            self._set_player("losses", weights)

    def _set_player(self, name: str, value: Step | dict[str, float] | None) -> None:
        phase, player = self._current()
        players = list(phase.players or (player,))
        players[self._player_at] = msgspec.structs.replace(player, **{name: value})
        self._put(msgspec.structs.replace(phase, players=tuple(players)), name)

    def _put(self, phase: Phase, what: str) -> None:
        recipe = self._project.project.recipe
        phases = list(recipe.phases or (phase,))
        phases[self._phase_at] = phase
        self._do(msgspec.structs.replace(recipe, phases=tuple(phases)), f"{what}.{self._phase_at}.{self._player_at}")

    def _do(self, recipe: Recipe, what: str) -> None:
        if recipe == self._project.project.recipe:
            return
        if not self._project.do(SetRecipe(recipe=recipe), merge=f"recipe.{what}"):
            self._show()  # refused: show what holds

    def _on_optimizer(self, value: object) -> None:
        """Another optimizer starts from its own defaults; what both know by the same name is kept but the step size,
        which means something else to each."""
        _, player = self._current()
        kind = next(kind for kind in optimizers() if kind.type_name() == value)
        known = {item.name for item in kind.attributes()} - {"lr"}
        kept = {name: held for name, held in player.optimizer.attributes.items() if name in known}
        self._set_player("optimizer", Step(type=str(value), attributes=kept))

    def _set_optimizer(self, values: dict[str, Any]) -> None:
        _, player = self._current()
        self._set_player("optimizer", _with(player.optimizer, values))

    def _on_schedule(self, value: object) -> None:
        _, player = self._current()
        kind = next(kind for kind in schedules() if kind.type_name() == value)
        known = {item.name for item in kind.attributes()}
        kept = {name: held for name, held in player.schedule.attributes.items() if name in known}
        self._set_player("schedule", Step(type=str(value), attributes=kept))

    def _on_schedule_value(self, name: str, value: object) -> None:
        _, player = self._current()
        self._set_player("schedule", _with(player.schedule, {name: value}))


def _device_label(name: str) -> str:
    kind, _, number = name.partition(":")
    return {"cuda": f"GPU {number or 0}", "mps": "Apple GPU"}.get(kind, name)


def _with(step: Step, values: dict[str, Any]) -> Step:
    return msgspec.structs.replace(step, attributes={**step.attributes, **values})
