"""What is wrong with the files nodes take their first weights from: gone, damaged, or of a network of another size.

And what is frozen with no file at all: it would stay as chance made it, and all behind it would learn from noise.
Seen from the headers alone, without torch: how many numbers lie there for a node is held against how many it has. The
run itself looks at every tensor again.
"""

from collections.abc import Iterator
from typing import Final

from engine.catalog.layer import Family
from engine.catalog.pretrained import Pretrained, pretrained_used
from engine.catalog.pretrained.kept import is_kept
from engine.checks.problem import Problem, Repair, Severity
from engine.checks.shapes import ShapeInference
from engine.checks.slow_copies import copies_of
from engine.document.atomic import megabytes
from engine.document.edits import Batch
from engine.document.flat import in_words
from engine.document.graph import Node
from engine.document.node_weights import (
    WeightsOf,
    learning,
    numbers_in,
    starting_fresh,
    weights_file,
    weights_of,
)
from engine.errors import ProjectError

_MOST_TOLD: Final = 3
_NOT_BY_CHANCE: Final = frozenset({Family.NORMALIZATION, Family.ACTIVATION})
"""Families whose first weights are the same each time, as the ones and zeros of a normalization."""


def weights_problems(checker: ShapeInference) -> Iterator[Problem]:
    """A problem for each file that cannot be used, and for each of the first nodes that a file does not fit."""
    graph = checker.project.graph
    by_file: dict[str, list[tuple[Node, WeightsOf]]] = {}
    for node in graph.nodes.values():
        named = weights_of(node) if node.weights and not node.shares and not checker.rests(node.id) else None
        if named is not None:
            by_file.setdefault(named.name, []).append((node, named))
    for name, users in by_file.items():
        if checker.folder is None:
            continue
        needing = [(node, named) for node, named in users if checker.cost_of(node.id).parameters]
        pretrained = next((item for item in pretrained_used(checker.project) if item.name == name), None)
        if pretrained is not None and not weights_file(checker.folder, name).is_file():
            if needing and not is_kept(pretrained):  # what is on this machine is brought when training begins
                yield _to_be_fetched(pretrained, [node for node, _named in needing])
            continue
        try:
            numbers = numbers_in(weights_file(checker.folder, name))
        except ProjectError as error:
            if needing:
                yield _unusable(name, [node for node, _named in needing], error)
            continue
        faults = [
            (node, said) for node, named in needing if (said := _unlike(checker, node, numbers.get(named.prefix, 0)))
        ]
        for number, (node, said) in enumerate(faults[:_MOST_TOLD], start=1):
            yield _unfit(node, name, said, more=len(faults) - _MOST_TOLD if number == _MOST_TOLD else 0)
    left = frozen_by_chance(checker)
    if left is not None:
        yield left


def frozen_by_chance(checker: ShapeInference) -> Problem | None:
    """A warning when nodes are frozen that no file, first weights of their own or other node gives weights.

    A run that goes on from another has that one's weights; of it nothing is known here.
    """
    graph, recipe = checker.project.graph, checker.project.recipe
    follow = {name for phase in recipe.phases for name in copies_of(phase)}
    frozen = {graph.owner(node.id): node for node in graph.nodes.values() if node.frozen and not checker.rests(node.id)}
    found = []
    for owner, node in frozen.items():
        layer, held = checker.layers.get(owner), graph.node(owner)
        by_chance = layer is not None and layer.family not in _NOT_BY_CHANCE and checker.cost_of(owner).parameters
        if by_chance and not held.weights and held.weight_init is None and owner not in follow:
            found.append(node)
    if not found:
        return None
    first, one = found[0], len(found) == 1
    who = f"{first.type} '{in_words(first.id)}'" + ("" if one else f" and {len(found) - 1} more")
    title = f"Let {in_words(first.id)} learn" if one else f"Let these {len(found)} nodes learn"
    return Problem(
        severity=Severity.WARNING,
        node=first.id,
        message=(
            f"{who} {'is' if one else 'are'} frozen, and nothing gives {'it' if one else 'them'} weights: "
            f"{'it stays' if one else 'they stay'} as chance made {'it' if one else 'them'}. "
            "Switch Freeze off, add the network again with its weights, or go on from a run that has learned."
        ),
        expected="weights from a file, or first weights chosen at the node",
        found="chance weights that never learn",
        repairs=(Repair(title=title, edit=Batch(title=title, edits=learning(found))),),
    )


def _unlike(checker: ShapeInference, node: Node, count: int) -> str:
    """How what lies in the file for a node differs from what the node needs; empty where it may fit."""
    if not count:
        return "nothing"
    wanted = checker.cost_of(node.id).parameters
    return f"{count:,} numbers where the node has {wanted:,}" if count < wanted else ""


def _unusable(name: str, users: list[Node], error: ProjectError) -> Problem:
    first = users[0]
    others = f" and {len(users) - 1} more" if len(users) > 1 else ""
    return Problem(
        severity=Severity.WARNING,
        node=first.id,
        message=(
            f"{first.type} '{first.id}'{others} should begin with the weights '{name[:80]}'. {error.message} "
            "Put the file back, add the network again, or let it start fresh."
        ),
        expected=error.expected,
        found=error.found,
        repairs=(_fresh(users),),
    )


def _to_be_fetched(pretrained: Pretrained, users: list[Node]) -> Problem:
    size = megabytes(pretrained.source.bytes)
    return Problem(
        severity=Severity.WARNING,
        node=users[0].id,
        message=(
            f"This part should begin with the weights of {pretrained.title}, which is not on this machine yet. "
            f"Fetch it ({size}, once) or let it start fresh."
        ),
        expected=f"netwright pretrained {pretrained.name} --yes, or Fetch beside the weights of its block",
        found="no weights of it",
        repairs=(_fresh(users, "Start fresh, with chance weights"),),
    )


def _unfit(node: Node, name: str, said: str, *, more: int) -> Problem:
    also = f" The same holds for {more} more." if more else ""
    return Problem(
        severity=Severity.WARNING,
        node=node.id,
        message=(
            f"{node.type} '{node.id}': the weights '{name[:80]}' hold {said}. "
            f"Set its sizes back to those the weights were made for, or let it start fresh.{also}"
        ),
        expected="weights of its own size",
        found=said,
        repairs=(_fresh([node]),),
    )


def _fresh(users: list[Node], title: str = "") -> Repair:
    if not title:
        title = f"Start {users[0].id} fresh" if len(users) == 1 else f"Start these {len(users)} nodes fresh"
    return Repair(title=title, edit=Batch(title=title, edits=starting_fresh(users)))
