"""Leads through the tour: which step is shown, whether it is done, where its card and its frame stand."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from gui.design.tab import DesignTab
from gui.frame.top_bar import CAPTIONS, TABS
from gui.tour.actions import Actions, Window
from gui.tour.card import TourCard
from gui.tour.conditions import Conditions
from gui.tour.ring import Ring
from gui.tour.steps import ENDED, STEPS, TourStep, place_of
from gui.tour.targets import Targets
from gui.widgets.guarded import guarded

_DONE: Final = "✓ Done. Go on when you like."
_WAITING: Final = "Still at it. You need not wait."
_MOST_KEPT: Final = 200
LOOK_MS: Final = 120
"""How often it is looked where things stand: they move when a person scrolls, drags, folds."""


class Guide(QObject):
    """One tour a window. The settings remember the step, so that it goes on where it was left."""

    changed = Signal()
    """Another step, or it was opened or ended."""
    said = Signal(str)
    """One line for the user."""

    def __init__(self, window: QMainWindow, about: Window) -> None:
        super().__init__(window)
        self._window, self._about = window, about
        self._settings = about.bench.settings
        self.targets = Targets(window)
        self.conditions = Conditions(about.bench)
        self.actions = Actions(about, self.targets.widget, self.said.emit)
        self.card = TourCard(window)
        self.ring = Ring(window)
        self.card.main_clicked.connect(self.go_on)
        self.card.next_clicked.connect(self.next)
        self.card.back_clicked.connect(self.back)
        self.card.ended.connect(self.end)
        self.card.tab_clicked.connect(self._show_place)
        self._at = 0
        self._brought: tuple[int, bool, bool] | None = None  # for which step, done or not, it was scrolled to the place
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self.refresh)
        self._opens = (
            False  # set when the card asks for a project, cleared when it is there: the card keeps the keyboard
        )
        about.bench.project.opened.connect(self._on_opened)
        window.installEventFilter(self)

    # Where it stands.

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self._look.isActive()

    @property
    def step(self) -> TourStep:
        """The step that is shown."""
        return STEPS[self._at]

    @property
    def done(self) -> bool:
        """Whether what the step asks for is there."""
        return self.conditions.holds(self.step.done)

    # What a person does.

    def open(self) -> None:
        """Show it where it was left; opened already, give its card the keyboard."""
        if not self.is_open:
            self._look.start()
            self._enter(place_of(self._settings.values.tour_step), came_back=True)
        self.card.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        """Put it away; it can be gone on with from the menu."""
        if not self.is_open:
            return
        self._look.stop()
        had_focus = self.card.hasFocus() or self.card.isAncestorOf(self._window.focusWidget() or self.card)
        self.card.hide()
        self.ring.hide()
        if had_focus:
            self._about.go_to_tab(self._about.tab())
        self.changed.emit()

    def go_on(self) -> None:
        """Do what the step offers; where that is done, go to the next step."""
        if self.step.offer and not self.done:
            if self._lost():
                self._show_place()
                return
            self._opens = self.step.do.startswith("open:")
            self.actions.do(self.step.do)
            self.card.setFocus(Qt.FocusReason.OtherFocusReason)
            self.refresh()
        else:
            self.next()

    def next(self) -> None:
        """The next step, whether this one is done or not; after the last the tour is over."""
        at = self._at + 1
        while at < len(STEPS) and not self._fits(STEPS[at]):
            at += 1
        if at < len(STEPS):
            self._enter(at)
        else:
            self._settings.update(tour_step=ENDED)
            self.end()

    def back(self) -> None:
        """The step before."""
        at = self._at - 1
        while at > 0 and not self._fits(STEPS[at]):
            at -= 1
        if at >= 0:
            self._enter(at)

    # How it is shown.

    def _fits(self, step: TourStep) -> bool:
        if not step.only_with:
            return True
        tab = self._about.tab_widget(step.tab)
        return tab is not None and tab.findChild(QObject, step.only_with) is not None

    def _enter(self, at: int, *, came_back: bool = False) -> None:
        self._at = at
        step = self.step
        self.conditions.runs_before = self.conditions.runs()
        self._settings.update(tour_step=step.key)
        if step.tab and not self._lost_project():
            self._about.show_tab(step.tab)
        self.card.show_step(f"Tour · {at + 1} of {len(STEPS)}", step.title, step.text)
        self.refresh()
        self.card.show()
        self.card.raise_()
        if not came_back:
            self.card.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _lost_project(self) -> bool:
        """Whether the step is about an example, and no project is open to show it on."""
        return bool(self.step.project) and self._about.bench.project.directory is None

    def _lost(self) -> bool:
        """Whether what the step is about is not before the person's eyes."""
        return self._lost_project() or bool(self.step.tab and self._about.tab() != self.step.tab)

    def _way_back(self) -> str:
        if self._lost_project():
            return f"Open the example '{self.step.project}'"
        if self._lost():
            return f"Show the {CAPTIONS[TABS.index(self.step.tab)]} tab"
        return ""

    def _show_place(self) -> None:
        if self._lost_project():
            self._opens = True
            self.actions.do(f"open:{self.step.project}")
        elif self.step.tab:
            self._about.show_tab(self.step.tab)
        self.card.setFocus(Qt.FocusReason.OtherFocusReason)
        self.refresh()

    def _on_opened(self) -> None:
        """A project that was opened takes the keyboard for its tab; asked for by the card, the card gets it back."""
        if self.is_open and self._opens and self._about.bench.project.directory is not None:
            self._opens = False
            QTimer.singleShot(0, self.card, lambda: self.card.setFocus(Qt.FocusReason.OtherFocusReason))

    def refresh(self) -> None:
        """Follow what has happened in the window."""
        if not self.is_open:
            return
        step, way_back = self.step, self._way_back()
        done = self.done
        brought = (self._at, done, self.targets.is_there(step.at))
        if not way_back and self._brought != brought:
            # Anew when it is done: what has come since, as a notice, may have pushed it away.
            self._brought = brought
            self.targets.scroll_to(step.at)
        last = self._at == len(STEPS) - 1
        free = done or not step.offer
        main = ("Finish" if last else "Next") if free else way_back or step.offer
        self.card.show_state(
            self._state(done, way_back),
            main if len(main) < 28 else "Show it",
            skip=not free,
            back=self._at > 0,
            tab=way_back if free else "",
        )
        target = QRect() if way_back else self.targets.rect(step.at)
        self.ring.surround(target)
        self.card.place(target, self._kept_clear(), middle=not self._about.tab())

    def _state(self, done: bool, way_back: str) -> str:
        step = self.step
        if done or not step.done:
            return _DONE if step.done else ""
        return self.actions.hindrance(step.do) if step.offer and not way_back else "" if step.offer else _WAITING

    def _kept_clear(self) -> list[QRect]:
        """What a person should see beside what is pointed at: the step in numbers, nodes and notes of the network."""
        tab = self._about.tab_widget("design")
        if self._about.tab() != "design" or not isinstance(tab, DesignTab):
            return []
        canvas = tab.canvas
        at = canvas.mapTo(self._window, canvas.rect().topLeft())
        zoom = canvas.view.zoom
        found = [self.targets.rect(("design.step",))]
        notes = [(note.x, note.y, note.width, note.height) for note in canvas.marks.notes]
        for x, y, width, height in [*canvas.geometry_store.boxes[:_MOST_KEPT].tolist(), *notes[:_MOST_KEPT]]:
            left, top = canvas.view.to_screen(x, y)
            node = QRect(at.x() + round(left), at.y() + round(top), round(width * zoom), round(height * zoom))
            found.append(node.intersected(QRect(at, canvas.size())))
        return [rect for rect in found if not rect.isEmpty()]

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.is_open:
            QTimer.singleShot(0, self, self.refresh)
        return False
