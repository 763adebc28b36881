"""The samples behind the scores: mistakes first, or any cell, class or group; here they are corrected too."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QWidget

from engine.protocol.messages.answered_samples import Among, AnsweredSample, Measure, Order
from engine.protocol.messages.base import Progress
from engine.protocol.messages.evaluation import FieldEvaluation
from gui.evaluate.answer_delegate import FOOT, AnswerDelegate
from gui.evaluate.answered_list import AnsweredList
from gui.evaluate.sample_overlays import SampleOverlays
from gui.evaluate.view import EvaluateContext
from gui.models.answered import Wanted
from gui.samples.label_bar import keys_of
from gui.samples.play_button import PlayButton
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.grid_view import GridView
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier

WHY: Final = "why"
SQUARE: Final = QSize(112, 112 + FOOT)
MASK: Final = QSize(148, 148 + FOOT)
CURVE: Final = QSize(188, 112 + FOOT)
PAIR: Final = QSize(230, 124 + FOOT)
ROWS: Final = QSize(224, 132 + FOOT)
WORDS: Final = QSize(290, 122 + FOOT)
SHORT: Final = QSize(168, 46 + FOOT)
_SHORT_TEXT: Final = 40
"""Letters of a text that needs no more than two lines."""
_SLOW_MS: Final = 250
"""After which it is said that samples are on their way."""
_NARROW: Final = 980
"""Width of the card below which buttons whose icons say enough do without words."""


@dataclass(frozen=True, kw_only=True)
class _List:
    """A list that can be switched to."""

    caption: str
    among: Among
    order: Order


_LISTS: Final[dict[Measure, tuple[_List, ...]]] = {
    Measure.SURE: (
        _List(caption="Most confident mistakes", among=Among.WRONG, order=Order.SUREST),
        _List(caption="Least certain", among=Among.ALL, order=Order.LEAST_CERTAIN),
        _List(caption="All", among=Among.ALL, order=Order.DATA),
    ),
    Measure.OFF: (
        _List(caption="Furthest off", among=Among.ALL, order=Order.WORST),
        _List(caption="Closest", among=Among.ALL, order=Order.BEST),
        _List(caption="All", among=Among.ALL, order=Order.DATA),
    ),
    Measure.OVERLAP: (
        _List(caption="Least overlap", among=Among.ALL, order=Order.WORST),
        _List(caption="Most overlap", among=Among.ALL, order=Order.BEST),
        _List(caption="All", among=Among.ALL, order=Order.DATA),
    ),
    Measure.DOUBT: (
        _List(caption="Written otherwise", among=Among.WRONG, order=Order.WORST),
        _List(caption="Most doubtful", among=Among.ALL, order=Order.WORST),
        _List(caption="All", among=Among.ALL, order=Order.DATA),
    ),
    Measure.NONE: (_List(caption="Samples", among=Among.ALL, order=Order.DATA),),
}
_CELL: Final = (
    _List(caption="Surest first", among=Among.ALL, order=Order.SUREST),
    _List(caption="Least certain first", among=Among.ALL, order=Order.LEAST_CERTAIN),
)


class MistakesPanel(Card):
    """Fill it with `show_field`, narrow it with `show_cell` or `show_class`, widen it with the button or Escape.

    The sample that is current here is the one that all views look at.
    """

    narrowed = Signal()
    """Another cell, class or group is listed, or all of them again."""

    def __init__(self, context: EvaluateContext, parent: QWidget | None = None) -> None:
        super().__init__("Most confident mistakes", parent=parent)
        self._context = context
        self._evaluation, self._answered = context.evaluation, context.evaluation.answered
        self._corrections = context.corrections
        self._field = FieldEvaluation(field="", metrics={})
        self._lists: tuple[_List, ...] = ()
        self._filling = False  # the switch is being changed by us
        self.model = AnsweredList(self._answered, self._corrections, self)
        self._delegate = AnswerDelegate(self)
        self._delegate.correction = lambda sample: self._corrections.of(sample, self._field.field)
        self.overlays = SampleOverlays(context.project, self._evaluation, context.engine, self)
        self._delegate.overlay = lambda sample: self.overlays.image(sample.index)
        self._build()
        self._connect()
        self._add_keys()
        self._show_lists()

    def _build(self) -> None:
        self.switch = SegmentedTabs(name="evaluate.lists", small=True)
        self.switch.setAccessibleName("Which samples are listed")
        self.set_title_widget(self.switch)
        self.all = Button("Show all", role="link", name="evaluate.mistakes.all")
        self.all.hide()
        self.label = Button(
            "Relabel", small=True, icon="edit", name="evaluate.relabel", tooltip="Give another label (1 to 9, or R)"
        )
        self.menu = QMenu(self.label)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.label.clicked.connect(self.show_classes)
        self.leave_out = Button(
            "Leave out",
            small=True,
            name="evaluate.exclude",
            tooltip="Backspace: nobody uses these; undo brings them back",
        )
        self.open_data = Button(
            "Open in Data",
            small=True,
            icon="data",
            name="evaluate.open_data",
            tooltip="Show what is chosen in the tab Data (D)",
        )
        self.play = PlayButton(self._context.player, self._current_index, run=self._run, name="evaluate.play")
        self.why = Button(
            "Why", small=True, icon="bulb", name="evaluate.why", tooltip="Why it was answered so (Return)"
        )
        self.overlay = Button(
            "Overlay",
            small=True,
            icon="eye",
            name="evaluate.overlay",
            tooltip="Draw over each sample what spoke for its answer (O), in the way chosen at the left",
        )
        self.overlay.setCheckable(True)
        self._captions = {self.open_data: "Open in Data", self.overlay: "Overlay", self.why: "Why"}
        self._narrow = False  # set as the card is resized
        self._count = Text("", role="note")
        for widget in (
            self._count,
            self.label,
            self.leave_out,
            self.open_data,
            self.play,
            self.overlay,
            self.why,
            self.all,
        ):
            self.add_to_header(widget)
        self.view = GridView(SQUARE)
        self.view.setObjectName("evaluate.mistakes")
        self.view.setAccessibleName("Samples and what was answered to them")
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(self.model)
        self.none = Text("", tone="dim", wrap=True)
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.again = Button("Try again", name="evaluate.mistakes.again")
        self.again.hide()
        self.stop = Button("Cancel", name="evaluate.mistakes.cancel", tooltip="Stop looking for the samples")
        self.stop.hide()
        nothing = QWidget()
        column = QHBoxLayout(nothing)
        column.addStretch(1)
        column.addWidget(self.none, 4)
        column.addWidget(self.again)
        column.addWidget(self.stop)
        column.addStretch(1)
        self.stack = QStackedWidget()
        self.stack.setMinimumHeight(SQUARE.height() + 8)
        self.stack.addWidget(self.view)
        self.stack.addWidget(nothing)
        self.body.addWidget(self.stack, 1)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(self._say_none)

    def _connect(self) -> None:
        self.switch.currentChanged.connect(self._on_switched)
        self.all.clicked.connect(self.show_all)
        self.leave_out.clicked.connect(self.exclude)
        self.open_data.clicked.connect(self.open_in_data)
        self.why.clicked.connect(self._ask_why)
        self.overlay.toggled.connect(self.overlays.set_on)
        self.overlays.changed.connect(self._on_overlays)
        self.again.clicked.connect(self._answered.ask_again)
        self.stop.clicked.connect(self._answered.cancel)
        self.view.opened.connect(lambda _row: self._ask_why())
        self.view.menu_requested.connect(self._show_menu)
        selection = self.view.selectionModel()
        selection.currentChanged.connect(self._on_current)
        selection.selectionChanged.connect(lambda *_: self._refresh_actions())
        self._delegate.redraw_wanted.connect(self.view.viewport().update)
        self._answered.changed.connect(self._on_changed)
        self._answered.rows_arrived.connect(self._on_arrived)
        self._answered.progressed.connect(self._on_progressed)
        self._evaluation.sample_chosen.connect(self._on_chosen)
        self._corrections.changed.connect(self._refresh_actions)
        theme_notifier().changed.connect(self.view.viewport().update)

    def _add_keys(self) -> None:
        def add(keys: str, do: object) -> None:
            shortcut = QShortcut(QKeySequence(keys), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)

        for key in "0123456789":
            add(key, functools.partial(self._label_by_key, key))
        add("U", functools.partial(self.relabel, ""))
        add("R", self.show_classes)
        add("Backspace", self.exclude)
        add("Del", self.exclude)
        add("D", self.open_in_data)
        add("P", self._play)
        add("O", self._toggle_overlays)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._answered.set_watched(True)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            for button, caption in self._captions.items():  # their icons and tooltips say as much
                button.set_text("" if narrow else caption)
                button.setAccessibleName(caption)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._answered.set_watched(False)

    # What is listed.

    def show_field(self, field: FieldEvaluation) -> None:
        """List the samples of one output."""
        self._field = field
        self._show_lists()
        self._say()
        self._refresh_actions()

    def show_cell(self, true: int, predicted: int) -> None:
        """Only those of one cell of the matrix: all of them, the surest first."""
        classes = self._field.classes
        self._answered.want(
            Wanted(among=Among.ALL, order=Order.SUREST, true=classes[true], predicted=classes[predicted])
        )

    def show_class(self, true: int) -> None:
        """Only the mistakes of one true class."""
        first = _LISTS[self._measure()][0]
        self._answered.want(Wanted(among=first.among, order=first.order, true=self._field.per_class[true].name))

    def show_all(self) -> None:
        """All of them again."""
        first = _LISTS[self._measure()][0]
        self._answered.want(Wanted(among=first.among, order=first.order))

    def filter(self) -> tuple[str, str]:
        """(true, predicted) asked for, "" for any."""
        return self._answered.wanted.true, self._answered.wanted.predicted

    def _measure(self) -> Measure:
        if self._answered.state == "ready":
            return self._answered.measure
        return Measure.SURE if self._field.matrix or not self._field.field else self._guess()

    def _guess(self) -> Measure:
        """Before the first answer is here."""
        if self._field.classes:
            return Measure.OVERLAP if any(one.overlap is not None for one in self._field.per_class) else Measure.SURE
        return Measure.OFF

    def _show_lists(self) -> None:
        wanted = self._answered.wanted
        lists = _CELL if wanted.true and wanted.predicted and self._field.matrix else _LISTS[self._measure()]
        self._filling = True
        if lists != self._lists:
            self._lists = lists
            while self.switch.count():
                self.switch.removeTab(0)
            for one in lists:
                self.switch.addTab(one.caption)
        at = next((n for n, one in enumerate(lists) if (one.among, one.order) == (wanted.among, wanted.order)), 0)
        self.switch.setCurrentIndex(at)
        self.set_title(lists[at].caption)
        self._filling = False

    def _on_switched(self, at: int) -> None:
        if not self._filling and 0 <= at < len(self._lists):
            chosen = self._lists[at]
            self._answered.want(replace(self._answered.wanted, among=chosen.among, order=chosen.order))

    def _on_changed(self) -> None:
        answered = self._answered
        self._delegate.measure, self._delegate.kind = answered.measure, answered.kind
        if answered.state == "ready":
            self._fit_cells()
        self._show_lists()
        self._say()
        self._refresh_actions()
        self.narrowed.emit()

    def _on_arrived(self, first: int, _last: int) -> None:
        if first == 0:
            self._fit_cells()
            self._say()  # how they are drawn
            row = self._answered.row_of(self._evaluation.sample) if self._evaluation.sample is not None else -1
            if not self.view.currentIndex().isValid() and row in self.view.visible_rows():
                self.view.select_one(row)  # a list begins at its top, wherever that sample stands in it
        self._refresh_actions()

    def _fit_cells(self) -> None:
        cell = self._cell()
        self.view.set_cell(cell)
        self.stack.setMinimumHeight(cell.height() + 8)

    def _cell(self) -> QSize:
        """As large as a sample of this kind needs."""
        sample = self._answered.known(0)
        if sample is None:
            return SQUARE
        card = sample.card
        if sample.forecast:
            return PAIR
        if sample.answer is not None:
            return MASK if sample.answer.mask else CURVE if sample.answer.curve else PAIR
        if self._answered.kind == "text":
            return WORDS
        if card.rgb:
            return SQUARE
        if card.curve:
            return CURVE
        if len(card.lines) > 1:
            return QSize(ROWS.width(), min(ROWS.height(), 20 + 16 * len(card.lines) + FOOT))
        seen = [self._answered.known(row) for row in range(min(self._answered.total, 48))]
        longest = max((len("".join(one.card.lines)) for one in seen if one is not None), default=0)
        return SHORT if longest <= _SHORT_TEXT else WORDS

    def _say(self) -> None:
        answered, wanted = self._answered, self._answered.wanted
        self.all.setVisible(wanted.is_narrow)
        left_off = answered.state == "empty" and answered.place is not None and not answered.is_due
        self.again.setVisible(answered.state == "failed" or left_off)
        self.stop.setVisible(answered.state == "working")
        words = self._narrow_words()
        if answered.state == "working" and self.stack.currentIndex() == 0:
            self.set_note(words)
            self._slow.start()  # what comes within a moment needs no words
            return
        self._slow.stop()
        if answered.state == "ready":
            count = answered.total
            shown = f"{words} · {count:,}" if words else f"{count:,} {'sample' if count == 1 else 'samples'}"
            words = " · ".join(part for part in (shown, self._legend()) if part)
        self.set_note(words)
        if answered.state == "ready" and answered.total:
            self.stack.setCurrentIndex(0)
        else:
            self._say_none()

    def _say_none(self) -> None:
        """Words in the place of samples."""
        self.none.set_text(self._none_words())
        self.stack.setCurrentIndex(1)

    def _legend(self) -> str:
        """What the cards are drawn with, where that does not say itself."""
        sample = self._answered.known(0)
        if sample is None:
            return ""
        if sample.answer is not None and sample.answer.mask:
            return "blue: found, striped: missed, dotted: too much"
        if sample.led:
            return "guess: at each place, after the true text before it"
        return "line: what came, dashed: forecast" if sample.forecast else ""

    def _narrow_words(self) -> str:
        wanted = self._answered.wanted
        if wanted.words:
            return wanted.words
        true, predicted = plain_text(wanted.true, 40), plain_text(wanted.predicted, 40)
        if true and true == predicted:
            return f"{true} recognized"
        if true and predicted:
            return f"{true} taken for {predicted}"
        if true:
            return f"{true} taken for something else" if wanted.among is Among.WRONG else true
        if predicted:
            return f"answered {predicted}"
        found = [f"{value.field}: {value.value or 'missing'}" for value in wanted.values]
        found += [f"{item.field} {item.low:.4g} to {item.high:.4g}" for item in wanted.ranges]
        return ", ".join(found)

    def _none_words(self) -> str:
        answered = self._answered
        if answered.state == "failed" and answered.error is not None:
            return f"{answered.error.message} {answered.error.hint}".strip()
        if answered.state == "empty" and answered.place is not None and not answered.is_due:
            return "The samples were not looked for to the end."
        if answered.state != "ready":
            return "Looking for the samples"
        if answered.wanted.is_narrow:
            return "There are no such samples."
        if answered.wanted.among is Among.WRONG:
            return "No mistakes at all on these samples."
        return "There are no samples."

    def none_text(self) -> str:
        """What is said instead of samples; empty while some are shown."""
        return self.none.whole_text() if self.stack.currentIndex() == 1 else ""

    def _on_progressed(self, progress: Progress) -> None:
        if self.stack.currentIndex() == 1 and self._answered.state == "working":
            share = f" {progress.fraction:.0%}".replace("%", " %") if progress.fraction > 0 else ""
            self.none.set_text((progress.message or "Looking for the samples") + share)

    # What is chosen.

    def current(self) -> AnsweredSample | None:
        """The sample that is looked at."""
        index = self.view.currentIndex()
        return self._answered.known(index.row()) if index.isValid() else None

    def chosen(self) -> list[AnsweredSample]:
        """The samples that are selected, as far as they are here."""
        return self._answered.known_among(self.view.selected_ranges())

    def _current_index(self) -> int:
        sample = self.current()
        return sample.index if sample is not None else -1

    def _run(self) -> str:
        place = self._answered.place
        return str(place.run) if place is not None else ""

    def _on_current(self, now: QModelIndex, _before: QModelIndex) -> None:
        sample = self._answered.known(now.row()) if now.isValid() else None
        if sample is not None:
            self._evaluation.choose_sample(sample.index)
        self._refresh_actions()

    def _on_chosen(self, index: object) -> None:
        """Another view chose a sample."""
        sample = self.current()
        if not isinstance(index, int) or (sample is not None and sample.index == index):
            return
        row = self._answered.row_of(index)
        if row >= 0:
            self.view.select_one(row)

    def _refresh_actions(self) -> None:
        wanted = self.view.selected_count()
        chosen = self.chosen() if wanted else []
        nothing = "Choose a sample first." if not wanted else ""
        late = (
            f"Only {len(chosen):,} of {wanted:,} are here yet; scroll through them first."
            if wanted > len(chosen)
            else ""
        )
        self.label.set_blocked(nothing or late or self._corrections.reason_not_to_label(self._field.field))
        self.leave_out.set_blocked(nothing or late or self._corrections.reason_not_to_exclude())
        excluded = bool(chosen) and all(self._corrections.of(sample, "").excluded for sample in chosen)
        self.leave_out.set_text("Use again" if excluded else "Leave out")
        self.open_data.set_blocked(nothing or late)
        self.play.setVisible(bool(self._context.player.field))
        self.play.set_blocked(nothing or self._context.player.reason_not_to_play())
        self.why.setVisible(WHY in self._evaluation.views)
        self.why.set_blocked(nothing)
        self.overlay.setVisible(WHY in self._evaluation.views)
        self.overlay.set_blocked(self.overlays.reason_not_to_draw())
        self._count.set_text(f"{wanted:,} selected" if wanted > 1 else "")

    # What is done with it.

    def relabel(self, name: str) -> None:
        """Give what is selected a class, "" for none."""
        chosen = self.chosen()
        if chosen:
            self._corrections.relabel(self._field.field, chosen, name)

    def exclude(self) -> None:
        """Leave out what is selected."""
        chosen = self.chosen()
        if chosen:
            self._corrections.exclude(chosen)

    def open_in_data(self) -> None:
        """Show what is selected in the tab Data."""
        self._corrections.open_in_data(self.chosen())

    def _ask_why(self) -> None:
        if WHY in self._evaluation.views and self.current() is not None:
            self._evaluation.choose_view(WHY)

    def _play(self) -> None:
        if self.play.isEnabled() and not self.play.isHidden():
            self.play.click()

    def _toggle_overlays(self) -> None:
        if self.overlay.isEnabled():
            self.overlay.toggle()

    def _on_overlays(self) -> None:
        self.overlay.set_icon("check" if self.overlays.is_on else "eye")
        self.overlay.set_blocked(self.overlays.reason_not_to_draw())
        self.view.viewport().update()

    def _label_by_key(self, key: str) -> None:
        classes = self._corrections.classes(self._field.field)
        keys = keys_of(classes)
        if key in keys:
            self.relabel(classes[keys.index(key)])

    def show_classes(self) -> None:
        """Open the menu of the classes that can be given."""
        if self.label.isEnabled():
            self.menu.popup(self.label.mapToGlobal(QPoint(0, self.label.height() + 4)))

    def _fill_menu(self) -> None:
        self.menu.clear()
        self._add_classes(self.menu)

    def _add_classes(self, menu: QMenu) -> None:
        chosen = self.chosen()
        field = self._field.field
        classes: Sequence[str] = self._corrections.classes(field)
        keys = keys_of(classes)
        has = [self._corrections.labels_of(field, sample) for sample in chosen]
        for name, key in zip(classes, keys, strict=True):
            action = QAction(plain_text(name, 60).replace("&", "&&") + (f"\t{key}" if key else ""), menu)
            action.setCheckable(True)
            action.setChecked(bool(has) and all(name in labels for labels in has))
            action.triggered.connect(functools.partial(self._on_class_picked, name))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction("No label\tU", functools.partial(self.relabel, ""))

    def _on_class_picked(self, name: str, _checked: bool = False) -> None:
        self.relabel(name)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.label.isEnabled():
            self._add_classes(menu.addMenu("Relabel"))
        for button, keys in ((self.leave_out, "Backspace"), (self.open_data, "D"), (self.why, "Return")):
            if button.isVisible() and button.isEnabled():
                caption = self._captions.get(button, button.text().strip())
                menu.addAction(f"{caption}\t{keys}", button.click)
        menu.popup(place)
