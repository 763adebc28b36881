"""How the samples are dealt to training, validation and test: a bar with the counts, and the settings as edits."""

from typing import Final

import msgspec
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.document.data_edits import SetSplit
from engine.document.data_spec import FieldKind, Role, Split, SplitMethod, Unseen
from engine.protocol.messages.data import SplitCounts
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.form_row import FormRow
from gui.widgets.guarded import guarded
from gui.widgets.names_editor import NamesEditor
from gui.widgets.number_editor import NumberEditor
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

TONES: Final = ("accent", "ok", "warn")
WORDS: Final = {
    SplitMethod.STRATIFIED: "stratified",
    SplitMethod.RANDOM: "random",
    SplitMethod.GROUPED: "grouped",
    SplitMethod.TIME: "by time",
    SplitMethod.GIVEN: "as given",
}
HELP: Final = {
    SplitMethod.STRATIFIED: "Each class in the same shares in every split.",
    SplitMethod.RANDOM: "Dealt out without looking at the classes.",
    SplitMethod.GROUPED: "Samples that are equal in a field (a patient, a speaker) stay together.",
    SplitMethod.TIME: "The latest samples are the test: as it will be in use.",
    SplitMethod.GIVEN: "By the folders or files train, val and test.",
}
GROUPS: Final = (FieldKind.CATEGORY, FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE, FieldKind.LABELS)
TIMES: Final = (FieldKind.DATE, FieldKind.NUMBER)
LARGEST_SHARE: Final = 0.9


class SplitBar(QWidget):
    """Three parts side by side; the numbers stand beside it in words."""

    def __init__(self) -> None:
        super().__init__()
        self._shares = (0.8, 0.1, 0.1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    def set_shares(self, shares: tuple[float, float, float], words: str) -> None:
        """Shares of train, val and test, and the same in words for screen readers."""
        self._shares = shares
        self.setAccessibleName(words)
        self.update()

    @guarded(fallback=lambda _self: QSize(160, 12))
    def sizeHint(self) -> QSize:
        return QSize(160, 12)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            whole = QRectF(0, 0, self.width(), self.height())
            shape = QPainterPath()
            shape.addRoundedRect(whole, 6, 6)
            painter.setClipPath(shape)
            painter.fillRect(whole, theme.color("raised"))
            total = sum(self._shares) or 1.0
            left = 0.0
            for share, tone in zip(self._shares, TONES, strict=True):
                width = whole.width() * share / total
                painter.fillRect(QRectF(left, 0, max(0.0, width - 1), whole.height()), theme.color(tone))
                left += width


class SplitSection(QWidget):
    """Bar, a line of words, and the settings, which open on a click."""

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self.setObjectName("data.split")
        self.bar = SplitBar()
        self.words = Text("", tone="dim", wrap=True)
        self.change = Button("Change", role="link", name="data.split.change")
        self.change.clicked.connect(self._on_change_clicked)
        self.method = ChoiceEditor()
        self.method.committed.connect(self._on_method)
        self.field = ChoiceEditor()
        self.field.committed.connect(lambda name: self._do("field", field=str(name)))
        self.val = NumberEditor(10.0, minimum=0.0, maximum=LARGEST_SHARE * 100)
        self.test = NumberEditor(10.0, minimum=0.0, maximum=LARGEST_SHARE * 100)
        self.val.committed.connect(lambda value: self._on_share("val", value))
        self.test.committed.connect(lambda value: self._on_share("test", value))
        self.seed = NumberEditor(7, whole=True, minimum=0, maximum=2**31)
        self.seed.committed.connect(lambda value: self._do("seed", seed=int(str(value))))
        self.unseen_field = ChoiceEditor()
        self.unseen_field.setObjectName("data.split.unseen.field")
        self.unseen_field.committed.connect(self._on_unseen_field)
        self.unseen = NamesEditor(nothing="none yet")
        self.unseen.setObjectName("data.split.unseen")
        self.unseen.committed.connect(self._on_unseen)
        self._form = QWidget()
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 4, 0, 0)
        form.setSpacing(6)
        self._rows = {}
        for name, caption, editor, tip in (
            (
                "method",
                "Method",
                self.method,
                "How samples are dealt out. Duplicates never cross, whatever the method.",
            ),
            ("field", "By field", self.field, "What stays together, or what tells earlier from later."),
            ("val", "Validation %", self.val, "Measured during training, to see whether the network really learns."),
            ("test", "Test %", self.test, "Kept for the end, and never seen in training."),
            ("seed", "Seed", self.seed, "The same seed deals the same way."),
            (
                "unseen_field",
                "Test only",
                self.unseen_field,
                "Keep some classes out of training and validation, to see what the network makes of what it has never "
                "met. All their samples are test samples.",
            ),
            ("unseen", "Never seen", self.unseen, "The classes that are only tested with."),
        ):
            row = FormRow(caption, editor, help=tip)
            self._rows[name] = row
            form.addWidget(row)
        self._form.hide()
        self._rows["field"].hide()
        self._rows["unseen"].hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.bar)
        column.addWidget(self.words)
        column.addWidget(self.change)
        column.addWidget(self._form)
        data.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the split of the project, counted where counts are known."""
        split = self._project.project.data.split
        counts = self._data.description.counts if self._data.description is not None else None
        shares, words = _shares(split, counts)
        self.bar.set_shares(shares, words)
        self.words.set_text(words)
        self._show_choices(split)
        for editor, value in (
            (self.method, split.method),
            (self.val, _percent(split.val)),
            (self.test, _percent(split.test)),
        ):
            if editor.value() != value:
                editor.set_value(value)
        if self.seed.value() != split.seed:
            self.seed.set_value(split.seed)
        self._show_unseen(split)
        given = split.method is SplitMethod.GIVEN
        for name in ("val", "test", "seed"):
            hint = "Used where a split is not given." if given and name == "val" else ""
            self._rows[name].set_hint(hint)

    def _show_choices(self, split: Split) -> None:
        """The methods with a reason where one cannot be picked, and the fields that fit the method."""
        self.method.set_choices(
            [
                Choice(value=method, label=WORDS[method], help=HELP[method], blocked=self._reason_against(method))
                for method in WORDS
            ]
        )
        by_field = split.method in (SplitMethod.GROUPED, SplitMethod.TIME)
        self._rows["field"].setVisible(by_field)
        if by_field:
            self.field.set_choices(self._fields_for(split.method) or [Choice(value="", label="no field fits")])
            self.field.set_value(split.field)

    def _show_unseen(self, split: Split) -> None:
        """The fields whose classes may be kept for the test, and the classes of the one that is picked."""
        fields = [
            field
            for field in self._project.project.data.fields
            if field.kind is FieldKind.CATEGORY and field.statistics.classes
        ]
        picked = split.unseen.field
        self._rows["unseen_field"].setVisible(bool(fields) or bool(picked))
        choices: list[Choice | str] = [Choice(value="", label="nothing")]
        choices += [Choice(value=field.name, label=f"some of {field.name}") for field in fields]
        if picked and all(field.name != picked for field in fields):
            choices.append(Choice(value=picked, label=f"some of {picked}"))
        self.unseen_field.set_choices(choices)
        self.unseen_field.set_value(picked)
        self._rows["unseen"].setVisible(bool(picked))
        field = self._project.project.data.field(picked)
        self.unseen.set_options(field.statistics.classes if field is not None else ())
        self.unseen.set_value(split.unseen.values)
        classes = set(field.statistics.classes) if field is not None else set()
        all_kept = bool(classes) and classes <= set(split.unseen.values)
        self._rows["unseen"].set_problem("Leave at least one class to learn from." if all_kept else "")

    def _fields_for(self, method: SplitMethod) -> list[Choice | str]:
        kinds = TIMES if method is SplitMethod.TIME else GROUPS
        fields = [field for field in self._project.project.data.fields if field.kind in kinds]
        if method is SplitMethod.TIME:
            fields.sort(key=lambda field: field.kind is not FieldKind.DATE)
        else:
            fields.sort(key=lambda field: (field.role is not Role.IGNORED, field.role is Role.TARGET))
        return [Choice(value=field.name, label=field.name) for field in fields]

    def _reason_against(self, method: SplitMethod) -> str:
        if method is SplitMethod.GROUPED and not self._fields_for(method):
            return "No field can say what belongs together."
        if method is SplitMethod.TIME and not self._fields_for(method):
            return "There is no date or number to go by."
        return ""

    def _on_change_clicked(self) -> None:
        opened = self._form.isHidden()
        self._form.setVisible(opened)
        self.change.set_text("Done" if opened else "Change")

    def _on_method(self, method: object) -> None:
        wanted = SplitMethod(str(method))
        name = ""
        if wanted in (SplitMethod.GROUPED, SplitMethod.TIME):
            fields = [choice.value for choice in self._fields_for(wanted) if isinstance(choice, Choice)]
            now = self._project.project.data.split.field
            name = now if now in fields else str(fields[0]) if fields else ""
        self._do("method", method=wanted, field=name)

    def _on_share(self, name: str, percent: object) -> None:
        """What validation and test leave is for training: at least a tenth."""
        split = self._project.project.data.split
        share = float(str(percent)) / 100
        other = split.test if name == "val" else split.val
        if share + other > LARGEST_SHARE:
            self._rows[name].set_problem(f"At least {100 - LARGEST_SHARE * 100:.0f} % must be left for training.")
            return
        self._rows[name].set_problem("")
        train = round(1.0 - share - other, 6)
        if name == "val":
            self._do(name, train=train, val=round(share, 6))
        else:
            self._do(name, train=train, test=round(share, 6))

    def _on_unseen_field(self, name: object) -> None:
        self._do("unseen", unseen=Unseen(field=str(name)))

    def _on_unseen(self, values: object) -> None:
        assert isinstance(values, tuple)
        unseen = self._project.project.data.split.unseen
        self._do("unseen", unseen=msgspec.structs.replace(unseen, values=values))

    def _do(self, what: str, **changes: object) -> None:
        data = self._project.project.data
        split = msgspec.structs.replace(data.split, **changes)
        if split != data.split:
            self._project.do(SetSplit(split=split), merge=f"split.{what}")


def _percent(share: float) -> float:
    return round(share * 100, 4)


def _shares(split: Split, counts: SplitCounts | None) -> tuple[tuple[float, float, float], str]:
    method = WORDS[split.method]
    if split.field and split.method in (SplitMethod.GROUPED, SplitMethod.TIME):
        method += f" ({plain_text(split.field, 30)})"
    if counts is not None and counts.train + counts.val + counts.test:
        numbers = (counts.train, counts.val, counts.test)
        words = f"{counts.train:,} training / {counts.val:,} validation / {counts.test:,} test"
    else:
        numbers = (split.train, split.val, split.test)  # type: ignore[assignment]
        words = " / ".join(f"{share * 100:g}" for share in numbers)
    if split.unseen.values:
        method += f", {_listed(split.unseen.values)} in test alone"
    seed = "" if split.method in (SplitMethod.GIVEN, SplitMethod.TIME) else f", seed {split.seed}"
    return (float(numbers[0]), float(numbers[1]), float(numbers[2])), f"{words}, {method}{seed}"


def _listed(values: tuple[str, ...]) -> str:
    shown = ", ".join(plain_text(value, 20) for value in values[:3])
    return f"{shown} and {len(values) - 3:,} more" if len(values) > 3 else shown
