"""The middle: search, order and labels above, and the samples that fit, as a grid, as a table or one at a time."""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from engine.document.data_spec import FieldKind, Role
from engine.document.edits import Change
from engine.protocol.messages.data import DataCheck, FieldValue, ValueRange
from gui.data.check_cards import parted
from gui.data.filter_chips import Condition, FilterChips
from gui.data.labelling import Labelling
from gui.data.large_view import LargeView
from gui.data.left_out_list import LeftOutList
from gui.data.sample_delegate import CURVE_CELL, FOOT, LINES_CELL, PICTURE_CELL, TEXT_CELL, SampleDelegate
from gui.data.sample_filter import EVERY, UNLABELLED, SampleFilter
from gui.data.samples_model import SamplesModel
from gui.data.samples_table import SamplesTable
from gui.models.data import DataModel
from gui.models.data_checks import DataChecksModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.models.sample_search import SearchModel, Wanted
from gui.models.sound_player import SoundPlayer
from gui.samples.class_colours import palette
from gui.samples.label_bar import LabelBar, keys_of
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.grid_view import GridView
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import button_text, plain_text
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier
from gui.widgets.tokens import GAP

FILTER_AFTER_MS: Final = 150
SORT_FIELDS: Final = 60
MENU_CLASSES: Final = 200
NARROW: Final = 640
"""Below this width the buttons above the samples say less."""
WRONG_LABELS: Final = "wrong_labels"
"""Kind of the check that finds labels which a trained network doubts."""
_DRAWN: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES)
_SPLITS: Final = {"train": "training", "val": "validation", "test": "test", "pool": "pool"}


class SamplesPanel(QWidget):
    """Grid, table, one sample large, the list of what was left out, or a word that nothing fits."""

    all_requested = Signal()
    """The user wants to see everything again."""
    condition_changed = Signal()
    """Which split or class is shown changed here and not in the side panel."""
    looked_at = Signal(int)
    """A sample was picked by the user."""

    def __init__(
        self,
        project: ProjectModel,
        data: DataModel,
        search: SearchModel,
        detail: DetailModel,
        labelling: Labelling,
        checks: DataChecksModel,
        player: SoundPlayer,
    ) -> None:
        super().__init__()
        self._project, self._data, self._search, self._detail = project, data, search, detail
        self.labelling = labelling
        self._checks, self._player = checks, player
        self.shown, self.class_index = "", EVERY
        self._check: DataCheck | None = None
        self._sticky_row = -1
        self.model = SamplesModel(data, search, self)
        self.grid = GridView(PICTURE_CELL, FOOT)
        self.grid.setObjectName("data.samples")
        self.grid.setAccessibleName("Samples")
        self._delegate = SampleDelegate(self.grid)
        self._delegate.redraw_wanted.connect(self.grid.viewport().update)
        self.grid.setItemDelegate(self._delegate)
        self.grid.setModel(self.model)
        self.table = SamplesTable(self.model, project, data)
        self.large = LargeView(project, data, detail, self.model, player)
        self.left_out = LeftOutList()
        everything = Button("Show all", name="data.show_all")
        everything.clicked.connect(self.show_all)
        self._nothing = EmptyState(
            "search", "No sample fits", "Other words, another label or split may.", (everything,)
        )
        self.stack = QStackedWidget()
        for widget in (self.grid, self.table, self.large, self.left_out, self._nothing):
            self.stack.addWidget(widget)
        self._view: QWidget = self.grid  # grid or table, whichever the user chose last
        self._by_hand = False  # whether the user chose; until then the kind of data decides
        self._is_large = False
        self._build()
        self._add_keys()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        self.filter = QLineEdit()
        self.filter.setObjectName("data.filter")
        self.filter.setAccessibleName("Search names, labels and text")
        self.filter.setPlaceholderText("Search names, labels, text")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(110)
        self.filter.setMaximumWidth(320)
        self._sort_menu = QMenu(self)
        self.sort = Button("Sort: as read", name="data.sort", tooltip="The order of the samples")
        self.sort.setMenu(self._sort_menu)
        self._sort_menu.aboutToShow.connect(self._fill_sort_menu)
        self.as_grid = Button(role="icon", icon="grid", tooltip="Show as cards", name="data.as_grid")
        self.as_table = Button(role="icon", icon="table", tooltip="Show as a table", name="data.as_table")
        for button, view in ((self.as_grid, self.grid), (self.as_table, self.table)):
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, view=view: self.show_as(view))
        self.label = Button("Label: 1–9", icon="edit", name="data.label", tooltip="Label with the keyboard (L)")
        self.label.setCheckable(True)
        self.label.toggled.connect(self._on_label_toggled)
        self.review = Button("", small=True, name="data.review", tooltip="Labels that a trained network doubts")
        self.review.clicked.connect(self._on_review)
        self.review.hide()
        self._count = Text("", role="mono", tone="dim")
        self._count.setObjectName("data.count")
        self._behind = Button("", role="link", name="data.behind", tooltip="Show only what fits now")
        self._behind.clicked.connect(self.model.refresh)
        self._behind.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.filter, 2)
        line.addWidget(self.sort)
        line.addWidget(self.label)
        line.addStretch(1)
        line.addWidget(self.review)
        line.addWidget(self._behind)
        line.addWidget(self._count)
        line.addWidget(self.as_grid)
        line.addWidget(self.as_table)
        line.setContentsMargins(0, 0, 10, 0)
        self.chips = FilterChips()
        self.bar = LabelBar()
        self.bar.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, GAP, 4, GAP)
        column.setSpacing(GAP)
        column.addLayout(line)
        column.addWidget(self.chips)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FILTER_AFTER_MS)

    def _connect(self) -> None:
        self._timer.timeout.connect(self._apply_text)
        self._checks.changed.connect(self._show_review)
        self.filter.textChanged.connect(lambda _text: self._timer.start())
        self.filter.returnPressed.connect(self._apply_text)
        self.chips.all_dropped.connect(self.show_all)
        self.model.modelAboutToBeReset.connect(self._before_reset)
        self.model.modelReset.connect(self._after_reset)
        self.model.left_behind_changed.connect(self._show_result)
        self._search.changed.connect(self._on_search_changed)
        self._data.changed.connect(self.refresh)
        self._data.labels_changed.connect(self._show_classes)
        self._data.labels_changed.connect(self._on_selection)
        self.labelling.changed.connect(self._show_classes)
        self._project.changed.connect(self._on_project_changed)
        theme_notifier().changed.connect(self.grid.viewport().update)
        for view in (self.grid, self.table):
            view.opened.connect(self.open_large)
            view.menu_requested.connect(self._show_menu)
            view.selectionModel().currentChanged.connect(lambda index, _before: self._on_current(index.row()))
            view.selectionModel().selectionChanged.connect(lambda *_: self._on_selection())
        self.table.sort_requested.connect(self._on_heading)
        self.large.closed.connect(self.close_large)
        self.large.row_wanted.connect(self._on_large_row)
        for bar in (self.bar, self.large.bar):
            bar.class_chosen.connect(self.give)
            bar.class_wanted.connect(self._on_class_wanted)
            bar.exclude_wanted.connect(self.exclude)
            bar.next_wanted.connect(self.go_to_next_unlabelled)
            bar.done.connect(self.focus_samples)

    def _add_keys(self) -> None:
        """Keys that work while the samples have the focus, and not while something is written."""

        def add(caption: str, keys: tuple[str, ...], do: object) -> None:
            action = QAction(caption, self.stack)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(do)
            self.stack.addAction(action)

        for digit in "0123456789":
            add(f"Label by key {digit}", (digit,), functools.partial(self._give_by_key, digit))
        add("No label", ("U",), lambda: self.give(""))
        add("New class", ("N",), self._on_new_class_key)
        add("Leave out", ("Backspace", "Del"), self.exclude)
        add("Next unlabelled", ("J",), self.go_to_next_unlabelled)
        add("Listen", ("P",), self._play)
        add("Label", ("L",), lambda: self.label.setChecked(not self.label.isChecked()))

    # What is shown.

    def pick_shown(self, key: str) -> None:
        """Show a split, the pool, everything ("") or what was left out ("left_out")."""
        self.shown = key
        self._check = None
        self._apply()

    def pick_class(self, index: int) -> None:
        """Show one class; EVERY shows all, UNLABELLED those that have none."""
        self.class_index = index
        self._apply()

    def pick_check(self, check: DataCheck | None) -> None:
        """Show the samples that a check is about."""
        self._check = check
        self._apply()

    def pick_range(self, wanted: ValueRange) -> None:
        """Show the samples of a bar of a histogram; the same one again shows all."""
        now = self._search.wanted
        ranges = tuple(known for known in now.ranges if (known.field, known.of) != (wanted.field, wanted.of))
        if wanted not in now.ranges:
            ranges = (*ranges, wanted)
        self._want(ranges=ranges)

    def pick_value(self, wanted: FieldValue) -> None:
        """Show the samples that have a value; the same one again shows all."""
        now = self._search.wanted
        values = tuple(known for known in now.values if known.field != wanted.field)
        if wanted not in now.values:
            values = (*values, wanted)
        self._want(values=values)

    def sort_by(self, sort: str, descending: bool = False) -> None:
        """Put the samples in another order."""
        self._want(sort=sort, descending=descending and bool(sort))

    def show_all(self) -> None:
        """Take every condition away."""
        self.filter.clear()
        self._timer.stop()
        self.class_index, self.shown, self._check = EVERY, "", None
        now = self._search.wanted
        self._search.want(Wanted(sort=now.sort, descending=now.descending))
        self._apply()
        self.all_requested.emit()

    def show_as(self, view: QWidget) -> None:
        """Grid or table."""
        self._by_hand = True
        self._set_view(view)

    def _set_view(self, view: QWidget) -> None:
        if view is not self._view:
            row = self.current_row()
            self._view = view
            if row >= 0 and isinstance(view, GridView | SamplesTable):
                view.select_one(row)
        self._is_large = False
        self._show_result()

    def _want(self, **changes: object) -> None:
        now = self._search.wanted
        fields = {name: getattr(now, name) for name in ("text", "values", "ranges", "sort", "descending")}
        self._search.want(Wanted(**{**fields, **changes}))
        self._show_result()

    def _apply_text(self) -> None:
        self._timer.stop()
        text = self.filter.text().strip()
        self._want(text="" if _number(text) >= 0 else text)
        self._apply()

    def _apply(self) -> None:
        split = "" if self.shown == "left_out" else self.shown
        only = tuple(self._check.samples) if self._check is not None else None
        sample = _number(self.filter.text().strip())
        self.model.set_filter(SampleFilter(split=split, class_index=self.class_index, only=only, sample=sample))
        self._show_result()

    def refresh(self) -> None:
        """Take in a new description or data spec."""
        data = self._project.project.data
        kinds = {field.kind for field in data.inputs() or data.targets()}
        if FieldKind.IMAGE in kinds:
            self.grid.set_cell(PICTURE_CELL, FOOT)
        elif kinds & {FieldKind.AUDIO, FieldKind.SERIES}:
            self.grid.set_cell(CURVE_CELL)
        else:
            self.grid.set_cell(TEXT_CELL if kinds == {FieldKind.TEXT} else LINES_CELL)
        if self._data.state == "ready":  # the cards that are here follow the fields as described
            self.table.rows.refresh_fields()
        if not self._by_hand:
            rows = not kinds & set(_DRAWN) and len(kinds) > 0 and kinds != {FieldKind.TEXT}
            self._view = self.table if rows else self.grid
        description = self._data.description
        rows_left = description.left_out if description is not None else []
        self.left_out.show_left_out(rows_left, description.left_out_count if description is not None else 0)
        self._show_classes()
        self._show_result()

    def _show_classes(self) -> None:
        classes = self._data.classes
        colors = palette(self.labelling.field, classes)
        self._delegate.set_classes(classes, colors)
        self.table.colors = colors
        self.bar.show_classes(classes, colors)
        self.large.show_classes(classes, colors)
        reason = self.labelling.reason_not_to_label()
        self.bar.set_blocked(reason)
        self.label.set_blocked(reason)
        self.grid.viewport().update()
        self.table.viewport().update()

    def _show_result(self) -> None:
        shown, description = self.model.rowCount(), self._data.description
        samples = description.samples if description is not None else 0
        self._show_conditions()
        self._show_sort()
        self.as_grid.setChecked(self._view is self.grid)
        self.as_table.setChecked(self._view is self.table)
        self.bar.setVisible(self.label.isChecked() and not self._is_large and self.shown != "left_out")
        behind = self.model.left_behind
        self._behind.setVisible(bool(behind))
        self._behind.set_text(f"{behind:,} no longer {'fits' if behind == 1 else 'fit'}: update")
        if self.shown == "left_out":
            self.stack.setCurrentWidget(self.left_out)
            self._count.set_text("")
            return
        if not shown and samples and not self._search.searching:
            self._say_nothing()
            self.stack.setCurrentWidget(self._nothing)
        else:
            self.stack.setCurrentWidget(self.large if self._is_large else self._view)
        self._show_count()

    def _say_nothing(self) -> None:
        if self._search.problem:
            self._nothing.set_words("That can't be searched", self._search.problem, "warning")
        elif self.shown == "pool":
            self._nothing.set_words("Everything has a label", "Samples without one wait here.", "check")
        else:
            self._nothing.set_words("No sample fits", "Other words, another label or split may.", "search")

    def _show_count(self) -> None:
        description = self._data.description
        samples = description.samples if description is not None else 0
        shown = self.model.rowCount()
        words = f"{shown:,}" if shown == samples else f"{shown:,} of {samples:,}"
        selected = sum(last - first + 1 for first, last in self._ranges())
        if selected > 1:
            words = f"{selected:,} selected · {words}"
        if self._search.searching:
            words = "searching"
        elif self.labelling.busy:
            words = "labelling"
        self._count.set_text(words)

    def _show_conditions(self) -> None:
        found: list[Condition] = []
        if self.shown and self.shown != "left_out":
            found.append(Condition(caption=f"{_SPLITS[self.shown]}", drop=self._drop_shown))
        classes = self._data.classes
        if self.class_index >= 0 or self.class_index == UNLABELLED:
            name = classes[self.class_index] if 0 <= self.class_index < len(classes) else "unlabelled"
            found.append(Condition(caption=name, drop=self._drop_class))
        if self._check is not None:
            found.append(Condition(caption=parted(self._check.message)[0], drop=lambda: self.pick_check(None)))
        for wanted in self._search.wanted.ranges:
            what = wanted.field if wanted.of == "value" else f"{wanted.of} of {wanted.field}"
            caption = f"{what} {wanted.low:.4g} to {wanted.high:.4g}"
            found.append(Condition(caption=caption, drop=functools.partial(self.pick_range, wanted)))
        for value in self._search.wanted.values:
            caption = f"{value.field}: {value.value or 'missing'}"
            found.append(Condition(caption=caption, drop=functools.partial(self.pick_value, value)))
        self.chips.show_conditions(found)

    def _drop_shown(self) -> None:
        self.shown = ""
        self._apply()
        self.condition_changed.emit()

    def _drop_class(self) -> None:
        self.class_index = EVERY
        self._apply()
        self.condition_changed.emit()

    def _show_sort(self) -> None:
        wanted = self._search.wanted
        arrow = " ↓" if wanted.descending else " ↑" if wanted.sort else ""
        words = f"Sort: {plain_text(wanted.sort or 'as read', 18)}"
        self.sort.set_text(f"{'Sort' if self._is_narrow() else words}{arrow}")
        self.label.set_text("Label" if self._is_narrow() else "Label: 1–9")
        self.table.show_sort(wanted.sort, wanted.descending)

    def _is_narrow(self) -> bool:
        return self.width() < NARROW

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.oldSize().width() < NARROW) != self._is_narrow():
            self._show_sort()

    def _fill_sort_menu(self) -> None:
        menu, wanted = self._sort_menu, self._search.wanted
        menu.clear()
        group = QActionGroup(menu)
        choices = [("", "As read"), ("name", "Name"), ("size", "Size")]
        fields = [field for field in self._project.project.data.fields if field.role is not Role.IGNORED]
        sortable = [field for field in fields if field.kind not in (*_DRAWN, FieldKind.MASK, FieldKind.ARRAY)]
        own = {field.name for field in sortable}
        choices = [choice for choice in choices if choice[0] not in own]
        choices += [(field.name, plain_text(field.name, 40)) for field in sortable[:SORT_FIELDS]]
        for key, caption in choices:
            action = menu.addAction(button_text(caption))
            action.setCheckable(True)
            action.setChecked(wanted.sort == key)
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, key=key: self.sort_by(key, wanted.descending))
        menu.addSeparator()
        down = menu.addAction("Largest first")
        down.setCheckable(True)
        down.setChecked(wanted.descending)
        down.setEnabled(bool(wanted.sort))
        down.triggered.connect(lambda checked: self.sort_by(wanted.sort, checked))

    def _on_heading(self, sort: str) -> None:
        now = self._search.wanted
        self.sort_by(sort, descending=sort == now.sort and not now.descending)

    def _on_search_changed(self) -> None:
        self._show_result()

    def _doubtful(self) -> DataCheck | None:
        return next((check for check in self._checks.found if check.kind == WRONG_LABELS), None)

    def _show_review(self) -> None:
        check = self._doubtful()
        self.review.setVisible(check is not None)
        if check is not None:
            self.review.set_text(f"Review {check.count:,} doubtful")

    def _on_review(self) -> None:
        check = self._doubtful()
        if check is not None:
            self.shown, self.class_index = "", EVERY
            self.condition_changed.emit()
            self.pick_check(check)
            self.label.setChecked(True)

    # The sample looked at, and what is selected.

    def current_row(self) -> int:
        """Row of the current sample, -1 for none."""
        if self._is_large:
            return self.large.row
        view = self._view
        return view.currentIndex().row() if isinstance(view, GridView | SamplesTable) else -1

    def targets(self) -> NDArray[np.int64]:
        """The samples that a label goes to: the one shown large, else those selected, else the current one."""
        if self._is_large:
            return self.model.samples([(self.large.row, self.large.row)]) if self.large.row >= 0 else _NONE
        ranges = self._ranges()
        row = self.current_row()
        if not ranges and row >= 0:
            ranges = [(row, row)]
        return self.model.samples(ranges)

    def _ranges(self) -> list[tuple[int, int]]:
        view = self._view
        return view.selected_ranges() if isinstance(view, GridView | SamplesTable) else []

    def _on_current(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            sample = self.model.sample(row)
            self._detail.look_at(sample)
            self.looked_at.emit(sample)
            self.bar.show_class(self._data.label_of(sample))

    def _on_large_row(self, row: int) -> None:
        view = self._view
        if 0 <= row < self.model.rowCount() and isinstance(view, GridView | SamplesTable):
            view.select_one(row)

    def _on_selection(self) -> None:
        self._show_count()
        row = self.current_row()
        if 0 <= row < self.model.rowCount():
            self.bar.show_class(self._data.label_of(self.model.sample(row)))

    def _before_reset(self) -> None:
        row = self.current_row()
        self._kept = self.model.sample(row) if 0 <= row < self.model.rowCount() else -1
        self._scroll = self.grid.verticalScrollBar().value()

    def _after_reset(self) -> None:
        kept = self._kept
        row = self.model.row_of(kept) if kept >= 0 else -1
        view = self._view
        if row >= 0 and isinstance(view, GridView | SamplesTable):
            view.select_one(row)
        if self._is_large:
            self.large.row = row if row >= 0 else 0
            self.large.refresh()
        self._show_result()

    # Labelling.

    def give(self, name: str) -> None:
        """Give what is selected a class, or with "" none; one sample alone then makes room for the next."""
        samples = self.targets()
        row = self.current_row()
        self.labelling.label(samples, name)
        if self._is_large and name:
            self.large.go_on()
        elif len(samples) == 1 and self.label.isChecked() and name and 0 <= row < self.model.rowCount() - 1:
            view = self._view
            if isinstance(view, GridView | SamplesTable):
                view.select_one(row + 1)

    def _give_by_key(self, key: str, _checked: bool = False) -> None:
        classes = self.labelling.classes
        keys = keys_of(classes)
        if key in keys:
            self.give(classes[keys.index(key)])
        elif not self.labelling.reason_not_to_label():
            self.labelling.said.emit(f"No class has the key {key}. N makes a new one.")

    def _on_class_wanted(self, name: str) -> None:
        if name in self.labelling.classes or self.labelling.add_class(name):
            self.give(name)

    def _on_new_class_key(self) -> None:
        reason = self.labelling.reason_not_to_label()
        if reason:
            self.labelling.said.emit(reason)
        elif self._is_large:
            self.large.bar.ask_for_class()
        else:
            self.label.setChecked(True)
            self.bar.ask_for_class()

    def exclude(self) -> None:
        """Leave out what is selected."""
        self.labelling.exclude(self.targets())

    def go_to_next_unlabelled(self) -> None:
        """Go to the next sample that has no label, in the order shown."""
        row = self.model.next_unlabelled(self.current_row())
        if row < 0:
            self.labelling.said.emit("Every sample shown here has a label.")
        elif self._is_large:
            self.large.show_row(row)
        else:
            view = self._view
            if isinstance(view, GridView | SamplesTable):
                view.select_one(row)

    def _play(self) -> None:
        row = self.current_row()
        if 0 <= row < self.model.rowCount() and self._player.field:
            self._player.toggle(self.model.sample(row))

    def _on_label_toggled(self, on: bool) -> None:
        self._show_result()
        self._on_selection()
        if on:
            view = self._view
            if self.current_row() < 0 and self.model.rowCount() and isinstance(view, GridView | SamplesTable):
                view.select_one(0)
            self.focus_samples()

    def open_large(self, row: int) -> None:
        """Show one sample as large as there is room."""
        self._is_large = True
        self._show_result()
        self.large.show_row(row)
        self.large.setFocus()

    def close_large(self) -> None:
        """Back to all of them."""
        self._is_large = False
        self._show_result()
        self.focus_samples()

    def focus_samples(self) -> None:
        """For who goes on by keyboard."""
        (self.large if self._is_large else self._view).setFocus()

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        reason = self.labelling.reason_not_to_label()
        count = len(self.targets())
        noun = "sample" if count == 1 else f"{count:,} samples"
        give = menu.addMenu(f"Label {noun}")
        give.setEnabled(not reason)
        classes = self.labelling.classes[:MENU_CLASSES]
        for name, key in zip(classes, keys_of(classes), strict=True):
            give.addAction(button_text(name) + f"\t{key}" * bool(key), functools.partial(self.give, name))
        give.addSeparator()
        give.addAction("New class…\tN", self._on_new_class_key)
        menu.addAction("No label\tU", lambda: self.give("")).setEnabled(not reason)
        menu.addAction(f"Leave out {noun}\tBackspace", self.exclude).setEnabled(not self._project.read_only)
        menu.addSeparator()
        row = self.current_row()
        if self._player.field:
            menu.addAction("Listen\tP", self._play)
        menu.addAction("Show large\tReturn", lambda: self.open_large(row)).setEnabled(row >= 0)
        menu.addAction("Select all\tCtrl+A", self._select_all)
        menu.popup(place)

    def _select_all(self) -> None:
        view = self._view
        if isinstance(view, GridView | SamplesTable) and self.model.rowCount():
            view.select_ranges([(0, self.model.rowCount() - 1)])

    def _on_project_changed(self, change: Change) -> None:
        if change.data:
            self._show_classes()


_NONE: Final = np.zeros(0, np.int64)


def _number(text: str) -> int:
    """The sample that "#17" speaks of, -1 for none."""
    digits = text.removeprefix("#")
    return int(digits) if text.startswith("#") and digits.isdecimal() and len(digits) < 10 else -1
