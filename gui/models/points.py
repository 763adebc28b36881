"""The points of a project whose data are points on a plane, and what a person does to them, as edits."""

from collections.abc import Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.catalog.points import (
    CLASS,
    MOST_CLASSES,
    NAMES,
    Drawn,
    Point,
    PointRule,
    drawn_from,
    options_of,
    path_of,
    rule_of,
)
from engine.document.data_edits import AddPoints, RemovePoints, SetField, SetSource
from engine.document.data_spec import Field, Source, SourceKind, Statistics
from engine.document.edits import Batch, Change, Edit, SetAttributes
from engine.errors import NetwrightError
from gui.models.project import ProjectModel

_WIDTH = "out_features"


class PointsModel(QObject):
    """`rule` is what gives the points, None where the project has other data or they make no sense (`problem`)."""

    changed = Signal()

    def __init__(self, project_model: ProjectModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._source: Source | None = None
        self.rule: PointRule | None = None
        self.points: list[Point] = []
        self.problem = ""
        project_model.opened.connect(self._read)
        project_model.changed.connect(self._on_changed)
        self._read()

    @property
    def active(self) -> bool:
        """Whether the project's data are points on a plane."""
        sources = self._project.project.data.sources
        return len(sources) == 1 and sources[0].kind is SourceKind.POINTS

    @property
    def read_only(self) -> bool:
        """Whether nothing may be changed."""
        return self._project.read_only

    @property
    def field(self) -> Field | None:
        """The field of the class."""
        return self._project.project.data.field(CLASS)

    @property
    def names(self) -> list[str]:
        """What the classes of the rule are called now."""
        if self.rule is None:
            return []
        labelling = self._project.project.data.labelling_of(CLASS)
        return [labelling.called(name) or name for name in self.rule.classes()]

    # What a person does.

    def choose(self, kind: type[PointRule]) -> None:
        """Take the points of another rule; drawing begins with the points there are."""
        if self.rule is None or type(self.rule) is kind:
            return
        rule = drawn_from(self.rule) if kind is Drawn else kind()
        self._project.do(self._with_rule(rule, f"Points: {kind.label()}"))

    def set(self, name: str, value: Any) -> None:
        """Change one setting of the rule."""
        if self.rule is None or getattr(self.rule, name) == value:
            return
        values = {**self.rule.values(), name: value}
        try:
            rule = type(self.rule).from_attributes({key: _plain(item) for key, item in values.items()})
        except NetwrightError as error:
            self._project.refused.emit(error)
            return
        self._project.do(self._with_rule(rule, f"Change {name} of the points"), merge=f"points:{name}")

    def draw(self, points: Sequence[Point]) -> None:
        """Put points on the plane, as one step; computed ones become points of one's own first."""
        if self.rule is None or not points:
            return
        flat = tuple(float(value) for point in points for value in point)
        add = AddPoints(points=flat)
        if isinstance(self.rule, Drawn):
            self._project.do(add)
        else:
            begun = self._edits_for(drawn_from(self.rule))
            self._project.do(Batch(title="Draw on the points", edits=(*begun, add)))

    def erase(self, places: Sequence[int]) -> None:
        """Take points off the plane, as one step; `places` are those in `points`."""
        if self.rule is None or not places:
            return
        remove = RemovePoints(places=tuple(sorted(set(places))))
        if isinstance(self.rule, Drawn):
            self._project.do(remove)
        else:
            begun = self._edits_for(drawn_from(self.rule))
            self._project.do(Batch(title="Erase points", edits=(*begun, remove)))

    def clear(self) -> None:
        """Begin with an empty plane; the classes stay."""
        if self.rule is not None and self.points:
            self._project.do(self._with_rule(Drawn(names=self.rule.classes()), "Clear the plane"))

    def reason_not_to_add(self, name: str = "") -> str:
        """Why there can be no further class of that name, or of any; "" when there can."""
        if self.rule is None:
            return self.problem
        if len(self.rule.classes()) >= MOST_CLASSES:
            return f"A plane has {MOST_CLASSES} classes at most."
        if name and name in (*self.names, *self.rule.classes()):
            return f"There is a class '{name[:60]}' already."
        return ""

    def add_class(self, name: str = "") -> None:
        """Have one class more to draw, called so or by the next letter."""
        if self.rule is None or self.reason_not_to_add(name):
            return
        held = drawn_from(self.rule)
        taken = (*held.names, *self.names)
        name = name or next(free for free in (*NAMES, *(f"class {at}" for at in range(99))) if free not in taken)
        rule = Drawn(names=(*held.names, name), placed=held.placed)
        self._project.do(self._with_rule(rule, f"Add class {name}"))

    # How it is said.

    def _with_rule(self, rule: PointRule, title: str) -> Edit:
        return Batch(title=title, edits=self._edits_for(rule))

    def _edits_for(self, rule: PointRule) -> tuple[Edit, ...]:
        """The source; where there are other classes, they too, and as many scores as there are classes."""
        source = Source(kind=SourceKind.POINTS, path=path_of(rule), options=options_of(rule))
        edits: list[Edit] = [SetSource(source=source)]
        data = self._project.project.data
        field = data.field(CLASS)
        if field is None or self.rule is None or rule.classes() == self.rule.classes():
            return tuple(edits)
        labelling = data.labelling_of(CLASS)
        classes = tuple(dict.fromkeys(labelling.called(name) or name for name in rule.classes()))
        edits.append(SetField(name=CLASS, statistics=Statistics(classes=classes)))
        before = len(field.statistics.classes)
        scores = self._scores_node(before)
        if scores and before != len(classes):
            edits.append(SetAttributes(id=scores, attributes={_WIDTH: len(classes)}))
        return tuple(edits)

    def _scores_node(self, classes: int) -> str:
        """The node that gives the Output of the class a score for each class; "" where it is not plain which."""
        graph = self._project.project.graph
        for node in graph.nodes.values():
            if node.type != "Output" or node.attributes.get("field") != CLASS:
                continue
            edge = graph.inputs_of(node.id).get("prediction")
            while edge is not None:
                found = graph.nodes.get(edge.source)
                if found is None:
                    break
                if _WIDTH in found.attributes:
                    return found.id if found.attributes[_WIDTH] == classes else ""
                before = graph.inputs_of(found.id)
                edge = next(iter(before.values())) if len(before) == 1 else None
        return ""

    # Following the project.

    def _on_changed(self, change: Change) -> None:
        if change.data or change.samples:
            self._read()

    def _read(self) -> None:
        sources = self._project.project.data.sources
        source = sources[0] if self.active else None
        if source is not self._source or source is None:
            self._source, self.rule, self.points, self.problem = source, None, [], ""
            if source is not None:
                try:
                    self.rule = rule_of(source.path, source.options)
                    self.points = self.rule.points()
                except NetwrightError as error:
                    self.problem = error.message
        self.changed.emit()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else msgspec.to_builtins(value)
