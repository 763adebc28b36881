"""How a network answers: the last layer and the loss for each kind of target."""

from engine.data.proposals.drawing import Drawing
from engine.data.proposals.writing import written_from
from engine.document.data_spec import Field, FieldKind


def head(drawing: Drawing, end: str, target: Field) -> None:
    """A score for each class of a category or each of several labels, a value for a number, at the end of the chain."""
    if target.kind is FieldKind.TEXT:
        written_from(drawing, end, target)
        return
    if target.kind is FieldKind.CATEGORY:
        classes = max(1, len(target.statistics.classes))
        end = drawing.put("scores", "Linear", end, out_features=classes)
        drawing.finish(end, target, "CrossEntropyLoss")
        return
    if target.kind is FieldKind.LABELS:
        end = drawing.put("scores", "Linear", end, out_features=max(1, len(target.statistics.classes)))
        drawing.finish(end, target, "BCEWithLogitsLoss")
        return
    end = drawing.put("value", "Linear", end, out_features=1)
    drawing.finish(end, target, "MSELoss")
