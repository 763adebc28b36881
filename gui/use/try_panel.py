"""Try it: the network's inputs at the left, its answer at the right."""

from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.checks.hidden_places import place_of_samples
from engine.document.data_spec import Field, FieldKind
from engine.document.edits import Change
from engine.document.flat import flattened
from engine.document.project import Project
from engine.protocol.messages.insides import LatentMapped, MapLatent
from engine.protocol.messages.sample_input import InputRead, SampleRead
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.question import Question
from gui.models.runs import RunsModel
from gui.models.sample_inputs import SampleInputs
from gui.models.side_answers import SideAnswers
from gui.models.sound_player import SoundPlayer
from gui.models.use import UseModel
from gui.use.answer_panel import AnswerPanel
from gui.use.answers.context import AnswerContext
from gui.use.answers.what_if import POINTS
from gui.use.asked import asked_for
from gui.use.chosen_run import paused_run
from gui.use.inputs.file_input import FileInput
from gui.use.inputs.number_input import NumberInput
from gui.use.inputs.picture_input import PictureInput
from gui.use.inputs.series_input import SeriesInput
from gui.use.inputs.sound_input import SoundInput
from gui.use.inputs_form import InputsForm
from gui.use.thumbnails import Thumbnails
from gui.use.why_panel import WhyPanel
from gui.widgets.card import Card
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice

_NOTE: Final = "runs the exported file"
_GALLERY: Final = 24
_MOST_PLACES: Final = 1500
"""Samples that are drawn on the pad of a decoder."""


class TryPanel(Card):
    """Asks for an answer as soon as something is given. `run` is the run that answers: with the weights of its best
    epoch, or as it is now while it is paused."""

    answered = Signal()

    def __init__(
        self, project: ProjectModel, use: UseModel, data: DataModel, runs: RunsModel, parent: QWidget | None = None
    ) -> None:
        super().__init__("Try it", _NOTE, parent=parent)
        self._project = project
        self._runs = runs
        self._use = use
        self._data = data
        engine = use.engine
        self.samples = SampleInputs(project, data, engine, self)
        self._player = SoundPlayer(project, engine, self)
        self._curve = SideAnswers(project, engine, self)
        self._made = SideAnswers(project, engine, self)
        self._places = Question(project, engine, self)  # where samples lie among the numbers that are put in
        self._placed: object = None  # the answer of it that is shown
        self._thumbnails = Thumbnails(self)
        self._began = False  # a first sample was taken by itself, or something was given; once a project
        self._answered_by = 0  # the run whose answer came last
        self._curve_field = ""  # the number whose curve is shown
        self._context = AnswerContext()
        self._pictures: dict[int, QImage] = {}  # small pictures of several files, by their place
        self.run = "best"
        self.inputs = InputsForm()
        self.answer = AnswerPanel(use)
        self.why = WhyPanel(project, use, self.answer, self._which, self._project_of)
        self.refusal = Notice("warning", "", closable=True, name="use.refusal")
        self.refusal.hide()
        row = QHBoxLayout()
        row.setSpacing(20)
        row.addWidget(self.inputs, 4)
        row.addWidget(self.answer, 6)
        self.body.addWidget(self.refusal)
        self.body.addLayout(row, 1)
        form = self.inputs
        form.given.connect(self._on_given)
        form.refused.connect(self._on_refused)
        form.sample_requested.connect(self._on_sample_requested)
        form.curve_wanted.connect(self._on_curve_wanted)
        form.many_wanted.connect(self._on_many_wanted)
        form.stop_wanted.connect(use.stop_predicting)
        form.picture_shown.connect(self.answer.refresh_beneath)
        self.samples.read.connect(self._on_sample_read)
        self.samples.failed.connect(self._on_refused)
        self.samples.file_read.connect(self._on_file_read)
        self._player.failed.connect(self._on_refused)
        self._player.changed.connect(self._on_listening)
        self._curve.changed.connect(self._show_curve)
        self._made.changed.connect(self._show_made)
        self._places.changed.connect(self._show_places)
        self._thumbnails.ready.connect(self._on_thumbnail)
        data.changed.connect(self._on_data_changed)
        answer = self.answer
        answer.beneath = self._picture_beneath
        answer.context_of = lambda: self._context
        answer.retry_requested.connect(lambda: self.ask_again(self.run))
        answer.chosen.connect(form.go_on_with)
        answer.seed_picked.connect(self._on_seed_picked)
        answer.picked.connect(self._on_picked)
        answer.what_if.closed.connect(self._close_curve)
        use.changed.connect(self._on_use_changed)
        runs.projects.arrived.connect(self._on_run_read)
        project.opened.connect(self._on_opened)
        project.changed.connect(self._on_changed)
        self._show_fields()
        self._on_data_changed()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.why.offer()
        self._begin()

    # Samples

    def take_sample(self, *, first: bool = False) -> None:
        """Answer for a sample of the test split (of any where it is empty): the first one, or any."""
        self.samples.take_any(first=first)

    def _on_sample_requested(self) -> None:
        self.refusal.hide()
        self.take_sample()

    def _begin(self) -> None:
        """So that the tab shows at once what the network can do, the first answer is for a sample."""
        if self._began or self._use.inputs or not self.isVisible():
            return
        if self.inputs.latents() and len(self.inputs.inputs()) == len(self.inputs.latents()):
            self._began = True
            self.inputs.ask.click()
        elif self._data.state == "ready" and self.inputs.inputs():
            self._began = True
            self.take_sample(first=True)

    def _on_sample_read(self, sample: SampleRead) -> None:
        self.refusal.hide()
        for editor in self._series():
            place = np.searchsorted(self.samples.choices(), sample.index)
            editor.set_stretch(int(place))
        self.inputs.take_sample(sample)

    def _on_data_changed(self) -> None:
        self.inputs.sample.set_blocked(self.samples.reason_not_to_take())
        for editor in self._series():
            editor.offer_stretches(len(self.samples.choices()) if self._data.state == "ready" else 0)
        self._begin()

    def _on_file_read(self, read: InputRead) -> None:
        for editor in self._series():
            if editor.name == read.field:
                editor.set_rows(read.path, read.series, read.shown)
                if self._use.answered and self._use.answered[0].get(read.field) == read.path:
                    self._context = self._context_of_form()
                    self.answer.refresh()

    def _on_listening(self) -> None:
        for editor in self.inputs.inputs():
            if isinstance(editor, SoundInput):
                editor.set_listening(self._player.playing >= 0)

    # Asking

    def ask_again(self, run: str) -> None:
        """Let another run answer what was given last."""
        self.run = run
        self._show_fields()
        if self._use.inputs:
            self._ask(self._use.inputs, self._use.manner)

    def _which(self) -> tuple[str, str]:
        """The run and its weights."""
        paused = paused_run(self._runs, self.run)
        self.set_note(_NOTE if paused is None else f"run {paused} as it is now, paused")
        return (self.run, "best") if paused is None else (str(paused), "last")

    def _ask(self, inputs: list[dict[str, object]], manner: dict[str, object]) -> None:
        run, which = self._which()
        self._use.predict(inputs, run, "last" if which == "last" else "best", manner)

    def _on_given(self, inputs: object) -> None:
        self.refusal.hide()
        if not isinstance(inputs, list):
            return
        self._began = True
        self.samples.drop()  # one still on its way must not take the place of what was just given
        self._made.clear()
        self._context = self._context_of_form() if len(inputs) == 1 else AnswerContext(kinds=self._kinds())
        written = next((name for name in self.inputs.written if name in inputs[0]), "")
        if written and not self.inputs.begins:  # a text whose beginning was chosen
            self._context = AnswerContext(kinds=self._kinds(), beginning=str(inputs[0][written]), begun=written)
        self._ask(inputs, self.inputs.manner() if len(inputs) == 1 else {})
        if len(inputs) > 1:
            self._read_thumbnails(inputs)
        self._ask_curve(inputs)
        self.answered.emit()

    def _on_refused(self, reason: str) -> None:
        self.refusal.set_message("warning", reason)
        self.refusal.show()

    def _on_use_changed(self) -> None:
        working = self._use.predict_state == "working"
        self.inputs.set_busy(working)
        self.inputs.set_writing(working and bool(self._use.manner.get("stream")))
        if self._use.predict_state == "done" and self._use.prediction is not None and self._use.prediction.predictions:
            if self._use.prediction.run != self._answered_by:
                self._answered_by = self._use.prediction.run
                self._show_fields()
            self._show_numbers_put_in()
            self._ask_places(self._use.prediction.run)
            if len(self._use.prediction.predictions) > 1:
                self._put_thumbnails()

    def _show_numbers_put_in(self) -> None:
        """Where the sliders and the pad stand: at what the answer that is shown was made of."""
        made = self._use.prediction
        if made is not None and made.predictions:
            self.inputs.show_drawn(made.predictions[0].drawn)

    # What is asked for

    def _answering(self) -> Project:
        """The project as it was when the run that answers began; the present one until that is known.

        Whoever changes the network or its data after training still asks the network that was trained.
        """
        return self._project_of(int(self.run) if self.run.isdecimal() else self._answered_by)

    def _project_of(self, run: int) -> Project:
        """The project as a run had it, that of the run asked last for 0; the present one until it is known."""
        run = run or self._answered_by
        return (self._runs.projects.project(run) if run else None) or self._project.project

    def _on_run_read(self, _run: int) -> None:
        self._show_fields()
        self.why.offer()

    def _show_fields(self) -> None:
        project = self._answering()
        asked = asked_for(project)
        self.inputs.set_fields(asked.fields, asked.noises, asked.written)
        for editor in self.inputs.inputs():
            if isinstance(editor, SoundInput):
                editor.listen = self._player.toggle
            if isinstance(editor, SeriesInput) and not editor.property("heard"):
                editor.setProperty("heard", True)
                editor.stretch_wanted.connect(self._on_stretch_wanted)
                editor.file_given.connect(self.samples.read_file)
        masks = [field for field in project.data.targets() if field.kind is FieldKind.MASK]
        self.answer.classes = masks[0].statistics.classes if masks else ()
        self._show_numbers_put_in()
        self._show_places()
        self._on_data_changed()

    def _series(self) -> list[SeriesInput]:
        return [editor for editor in self.inputs.inputs() if isinstance(editor, SeriesInput)]

    def _on_stretch_wanted(self, place: int) -> None:
        choices = self.samples.choices()
        if 0 <= place < len(choices):
            self.samples.take(int(choices[place]))

    def _kinds(self) -> dict[str, FieldKind]:
        return {field.name: field.kind for field in self._answering().data.fields}

    def _context_of_form(self) -> AnswerContext:
        """What is known of what is given now."""
        sample = self.inputs.sample_shown()
        series = self._series()
        field = series[0].field if series else None
        beginning = ""
        if self.inputs.begins:
            beginning = str(next(e.value() for e in self.inputs.inputs() if e.name in self.inputs.written))
        return AnswerContext(
            kinds=self._kinds(),
            truth={} if sample is None or self.inputs.begins else sample.truth,
            history=series[0].rows() if series else (),
            history_names=_columns(field),
            beginning=beginning,
            peeks=self.inputs.peeks,
        )

    def _picture_beneath(self) -> QPixmap | None:
        """The picture given, where a mask covers all of it: over a cut or framed one it would lie elsewhere."""
        if not _covers(self._answering()):
            return None
        pictures = [editor for editor in self.inputs.inputs() if isinstance(editor, PictureInput)]
        return pictures[0].drop.picture() if pictures else None

    def _on_opened(self) -> None:
        self._began, self.run, self._answered_by = False, "best", 0
        self._context = AnswerContext()
        self.inputs.forget()
        self._close_curve()
        self._show_fields()

    def _on_changed(self, change: Change) -> None:
        if change.data or change.nodes:
            self._show_fields()

    # What if

    def _on_curve_wanted(self, name: str, on: bool) -> None:
        if not on:
            if name == self._curve_field:
                self._close_curve()
            return
        self._curve_field = name
        number = None
        for editor in self.inputs.inputs():
            if isinstance(editor, NumberInput):
                if editor.name == name:
                    number = editor
                else:
                    editor.curve.setChecked(False)
        if number is not None:
            self.answer.what_if.begin(name)
            self.answer.what_if.show()
            self._ask_curve([{editor.name: editor.value() for editor in self.inputs.inputs()}])

    def _ask_curve(self, inputs: list[dict[str, object]]) -> None:
        number = self._number()
        if number is None or len(inputs) != 1:
            return
        steps = [number.low + (number.high - number.low) * at / (POINTS - 1) for at in range(POINTS)]
        self._curve.ask([{**inputs[0], number.name: value} for value in steps], *self._which())

    def _show_curve(self) -> None:
        number = self._number()
        if number is None or self._curve.waiting:
            return
        self.answer.what_if.say(self._curve.problem)
        if self._curve.predictions and not self._curve.problem:
            x = [float(value) for item in self._curve.inputs if isinstance(value := item.get(number.name), float)]
            if len(x) == len(self._curve.predictions):
                self.answer.what_if.show_curve(x, self._curve.predictions, number.editor.number())

    def _close_curve(self) -> None:
        number, self._curve_field = self._number(), ""
        if number is not None:
            number.curve.setChecked(False)
        self._curve.clear()
        self.answer.what_if.hide()

    def _number(self) -> NumberInput | None:
        """The number whose curve is shown."""
        for editor in self.inputs.inputs():
            if isinstance(editor, NumberInput) and editor.name == self._curve_field:
                return editor
        return None

    # Where samples lie

    def _ask_places(self, run: int) -> None:
        """Ask for the places of samples, where a pad moves what an encoder gives of them elsewhere in the network."""
        pads = [latent for latent in self.inputs.latents() if latent.pad is not None]
        if not pads or not run:
            return
        graph = flattened(self._answering()).graph
        node = place_of_samples(graph, pads[0].name)
        if node:
            self._places.ask(MapLatent, run=str(run), split="test", node=node, method="values", most=_MOST_PLACES)

    def _show_places(self) -> None:
        found = self._places.answer
        pads = [latent for latent in self.inputs.latents() if latent.pad is not None]
        if not isinstance(found, LatentMapped) or not pads or (found, pads[0]) == self._placed:
            return
        self._placed = (found, pads[0])
        points = np.frombuffer(found.points, "<f4").reshape(-1, 2)
        groups = np.frombuffer(found.groups, "<i2") if found.groups else np.full(len(points), -1, np.int16)
        pads[0].show_samples(points, groups, found.classes)

    # Several

    def _read_thumbnails(self, inputs: list[dict[str, object]]) -> None:
        pictures = [editor for editor in self.inputs.inputs() if isinstance(editor, PictureInput)]
        if not pictures:
            self._thumbnails.drop()
            return
        paths = [item.get(pictures[0].name) for item in inputs]
        self._pictures = {}
        if all(isinstance(path, str) for path in paths):
            self._thumbnails.read([str(path) for path in paths])

    def _on_thumbnail(self, place: int, picture: QImage) -> None:
        self._pictures[place] = picture
        if self._use.predict_state == "done":
            self._put_thumbnails()

    def _put_thumbnails(self) -> None:
        for place, picture in self._pictures.items():
            self.answer.many.set_picture(place, picture)

    def _on_picked(self, row: int) -> None:
        """Show the file that is looked at, without asking again."""
        files: list[FileInput] = self.inputs.files
        value = self._use.answered[row].get(files[0].name) if files and row < len(self._use.answered) else None
        if isinstance(value, str):
            files[0].begin(value, Path(value).name)
            files[0].look_at(Path(value))

    def _on_many_wanted(self) -> None:
        latents = self.inputs.latents()
        rest = {editor.name: editor.value() for editor in self.inputs.inputs() if editor not in latents}
        start = int(latents[0].seed.number() or 0)
        asked = [
            {**rest, **{latent.name: latent.with_seed(start + more) for latent in latents}} for more in range(_GALLERY)
        ]
        self._made.ask(asked, *self._which())

    def _show_made(self) -> None:
        if self._made.waiting or not self._made.predictions:
            if self._made.problem:
                self._on_refused(self._made.problem)
            return
        latent = self.inputs.latents()[0].name if self.inputs.latents() else ""
        seeds = [_seed_of(item.get(latent)) for item in self._made.inputs]
        self.answer.show_gallery(list(zip(seeds, self._made.predictions, strict=True)))

    def _on_seed_picked(self, seed: int) -> None:
        for latent in self.inputs.latents():
            latent.take_seed(seed)


def _columns(field: Field | None) -> tuple[str, ...]:
    columns = field.options.get("columns") if field is not None else None
    return tuple(str(name) for name in columns) if isinstance(columns, list | tuple) else ()


def _seed_of(value: object) -> int:
    return int(value["seed"]) if isinstance(value, dict) and "seed" in value else 0


def _covers(project: Project) -> bool:
    """Whether an answered mask lies over the whole picture."""
    for field in project.data.inputs():
        for step in field.preparation:
            if field.kind is FieldKind.IMAGE and step.type == "Resize" and step.attributes.get("mode") != "stretch":
                return False
    return True
