"""What stands beside the numbers of a step: the plain sentence for each part, and numbers short enough for a link."""

from collections.abc import Sequence
from typing import Final

from engine.document.flat import in_words
from engine.protocol.messages.worked_step import NodeWorked, StepWorked
from gui.models.worked_step import Frame, Part

PART_NAMES: Final = {
    Part.FORWARD: "Forward",
    Part.BACKWARD: "Back",
    Part.UPDATE: "New weights",
    Part.AFTER: "After the step",
}
ON_LINKS: Final = 3
"""Numbers of a node that fit on a link."""


def short(value: float) -> str:
    """Two or three digits."""
    size = abs(value)
    if size != size:
        return "?"
    if size >= 1000 or (0 < size < 0.005):
        text = f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    else:
        text = f"{value:.2f}".rstrip("0").rstrip(".") if size < 100 else f"{value:.0f}"
    return ("0" if text in ("-0", "") else text).replace("-", "−")


def on_link(numbers: Sequence[float], count: int) -> str:
    """ "0.13  0.08  −0.4", of many the first and how many there are."""
    if count <= ON_LINKS:
        return "  ".join(map(short, numbers[:count]))
    return f"{'  '.join(map(short, numbers[: ON_LINKS - 1]))} … {count:,}"


def sentence(frame: Frame, node: NodeWorked | None, found: StepWorked) -> str:
    """What happens in a frame, in plain English."""
    if node is None:
        change = found.loss_after - found.loss
        word = "smaller" if change < 0 else "larger" if change > 0 else "the same"
        return (
            f"With the new weights the loss of the same {'samples' if len(found.samples) > 1 else 'sample'} is "
            f"{word}: {precise(found.loss)} → {precise(found.loss_after)}."
        )
    if frame.part is Part.UPDATE:
        table = any(weight.name.startswith("weight[") and weight.name.count(",") == 1 for weight in node.weights)
        return (
            f"The optimizer {found.optimizer} moves each weight against its gradient, "
            f"with the learning rate {short_rate(found.learning_rate)}."
            + (" weight[2, 0] leads from number 0 of the input to unit 2." if table else "")
        )
    if frame.part is Part.BACKWARD:
        if node.family == "loss":
            return "Now back: how would the loss change, if each number changed a little? That is its gradient."
        return "The gradient here: what flows back from each node behind, times how much that one moves with this one."
    if node.family == "loss":
        return f"The loss says in one number how wrong the answer is. {node.note}".strip()
    return node.note if not node.sources else "Computed from what comes in."


def named(node: NodeWorked) -> str:
    """A node as it is called on its card, with what tells it from others of its kind."""
    kind = node.type if node.title != node.type else node.node
    return f"{node.title} · {in_words(node.node if node.family == 'loss' else kind)}"


def precise(value: float) -> str:
    """Five digits; nothing is never less than nothing."""
    return f"{value or 0.0:.5g}".replace("-", "−")


def short_rate(value: float) -> str:
    """A learning rate."""
    return f"{value:.3g}".replace("-", "−")
