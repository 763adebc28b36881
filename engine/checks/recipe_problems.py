"""What is wrong with players that compete or follow each other, and with samples that are to be blended."""

from collections.abc import Iterable, Iterator

from engine.catalog.layers.data import Input, Output
from engine.catalog.layers.indexing import Constant as ConstantTensor
from engine.catalog.layers.special import StopGradient
from engine.catalog.losses import Loss
from engine.catalog.losses.classes import CrossEntropyLoss
from engine.catalog.tensors import DType
from engine.checks.playing import actor_of, actors, environment_of
from engine.checks.problem import Problem, Severity
from engine.checks.shapes import ShapeInference
from engine.checks.slow_copies import copies_of, refusal, trained_by_name
from engine.document.data_spec import FieldKind
from engine.document.environment_fields import ACTION, LIVED, NEXT, OBSERVATION, REWARD
from engine.document.graph import natural
from engine.document.recipe import Phase, Recipe

BLENDED = (CrossEntropyLoss,)
"""Losses over classes whose target may be a share of each class instead of one class."""


def recipe_problems(checker: ShapeInference) -> Iterator[Problem]:
    """Problems of target copies, mixup, cutmix and label smoothing; of the flat form, so instances are opened."""
    recipe = checker.project.recipe
    for phase in recipe.phases:
        yield from _names(phase)
        yield from _targets(checker, phase)
        yield from _reach(checker, phase)
        yield from _plays(checker, phase)
    yield from _blending(checker, recipe)
    if recipe.label_smoothing and not any(isinstance(layer, BLENDED) for layer in checker.layers.values()):
        yield _problem(
            "Label smoothing changes nothing here: the network has no cross-entropy loss.", severity=Severity.WARNING
        )


def _problem(
    message: str, *, expected: str = "", found: str = "", node: str = "", severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(severity=severity, node=node, message=message, expected=expected, found=found)


def _names(phase: Phase) -> Iterator[Problem]:
    """Players are spoken of by their names, while training too."""
    seen: set[str] = set()
    for player in phase.players:
        if player.name in seen:
            yield _problem(
                f"Two players of the phase '{phase.name[:80]}' are called '{player.name[:80]}'.",
                expected="a name for each",
                found=player.name[:80],
                severity=Severity.WARNING,
            )
        seen.add(player.name)


def _reach(checker: ShapeInference, phase: Phase) -> Iterator[Problem]:
    """The losses of a player must depend on weights that it trains; two players seldom train the same ones."""
    if len(phase.players) < 2 and not any(player.losses or player.nodes for player in phase.players):
        return  # one player of everything: whether there is anything to train is asked of the network as a whole
    if any(None in checker.output_specs(node_id) for node_id in checker.needed):
        return  # what has weights is not known yet
    copies = copies_of(phase)
    trained: list[tuple[str, frozenset[str]]] = []
    weights = _with_weights(checker, checker.needed)
    for player in phase.players:
        named = frozenset(player.nodes) & weights if player.nodes else weights - copies
        losses = [name for name in player.losses or checker.sinks if isinstance(checker.layers.get(name), Loss)]
        reached = _with_weights(checker, _before(checker, losses))
        if losses and not reached & named:
            yield _problem(
                f"The losses of the player '{player.name[:80]}' reach none of the weights it trains. "
                "Choose its losses or its nodes again.",
                expected=f"a loss behind {_few(named)}" if named else "a node with weights that is not frozen",
                found=f"losses behind {_few(reached)}" if reached else "losses behind no weights",
            )
        elif player.nodes and named - reached:
            yield _problem(
                f"The player '{player.name[:80]}' trains {_few(named - reached)}, on which none of its losses depends.",
                severity=Severity.WARNING,
            )
        trained.append((player.name, named))
    for place, (name, nodes) in enumerate(trained):
        for other, others in trained[:place]:
            if nodes & others:
                yield _problem(
                    f"The players '{other[:80]}' and '{name[:80]}' both train {_few(nodes & others)}. "
                    "In a GAN each trains nodes of its own.",
                    expected="nodes for each",
                    found=_few(nodes & others),
                    severity=Severity.WARNING,
                )


def _with_weights(checker: ShapeInference, node_ids: Iterable[str]) -> frozenset[str]:
    """Of these nodes those whose weights can be trained, under the name of the node that has them."""
    graph = checker.project.graph
    owners = {graph.owner(node_id) for node_id in node_ids}
    return frozenset(
        name
        for name in owners
        if name in graph.nodes and not graph.node(name).frozen and checker.cost_of(name).parameters
    )


def _before(checker: ShapeInference, losses: Iterable[str]) -> set[str]:
    """All that these losses learn through."""
    graph, found, waiting = checker.project.graph, set[str](), list(losses)
    while waiting:
        node_id = waiting.pop()
        if node_id in found or isinstance(checker.layers.get(node_id), StopGradient | ConstantTensor):
            continue
        found.add(node_id)
        for edge in graph.inputs_of(node_id).values():
            spec = checker.specs.get((edge.source, edge.output))
            if spec is not None and spec.dtype is DType.FLOAT:  # no gradient goes through whole numbers
                waiting.append(edge.source)
    return found


def _plays(checker: ShapeInference, phase: Phase) -> Iterator[Problem]:
    """What is missing to act in an environment: the environment, an Output for the action, a loss of the reward."""
    play, project = phase.play, checker.project
    if play is None:
        return
    name = f"The phase '{phase.name[:80]}' plays"
    if not environment_of(project.data):
        yield _problem(
            f"{name}, but the data is no environment. Choose one in the tab Data, or turn playing off.",
            expected="one source, an environment such as gym:CartPole-v1",
            found=", ".join(source.path[:60] for source in project.data.sources) or "no data",
        )
        return
    field = project.data.field(ACTION)
    if field is None or field.kind is not FieldKind.CATEGORY:
        yield _problem(
            f"{name}, but the actions of this environment are not one of so many.",
            expected="an environment with discrete actions",
            found="actions that are numbers" if field is not None else "no actions",
        )
        return
    actor = actor_of(project.graph, play)
    if not actor:
        offered = actors(project.graph)
        yield _problem(
            f"{name}, but no Output says which action to take."
            if not offered
            else f"{name}, but '{play.output[:60]}' is no Output for the action."
            if play.output
            else f"{name}, and several Outputs answer the action. Choose one in the recipe.",
            expected=", ".join(offered) or f"an Output of the field '{ACTION}', fed with the value of each action",
            found=play.output[:60] or "none chosen",
        )
        return
    answering = [name for name in checker.sinks if isinstance(checker.layers.get(name), Output)]
    before = {node_id for output in answering for node_id in _all_before(checker, output)}
    for node_id in sorted(before, key=natural):
        layer = checker.layers.get(node_id)
        if isinstance(layer, Input) and layer.fields != (OBSERVATION,):
            found = ", ".join(layer.fields)
            yield _problem(
                f"{name}, and its Outputs depend on '{found[:80]}', which is not known before an action is taken.",
                node=node_id,
                expected=OBSERVATION,
                found=found[:80],
            )
    inputs = [layer for name in checker.needed if isinstance(layer := checker.layers.get(name), Input)]
    seen = {name for layer in inputs for name in layer.fields}
    if unknown := sorted(seen - set(LIVED)):
        yield _problem(
            f"{name}, and the network looks at '{unknown[0][:80]}', which is not known of a moment just lived through.",
            expected=", ".join(LIVED),
            found=unknown[0][:80],
        )
    if REWARD not in seen:
        yield _problem(
            f"{name}, but no loss looks at the reward, so it does not learn to act. Add a TD error.",
            expected="a loss that the reward leads to",
            severity=Severity.WARNING,
        )
    if play.start_after > play.memory:
        yield _problem(
            f"{name}, but learning would begin after more moments than its memory holds.",
            expected=f"up to {play.memory:,}",
            found=f"{play.start_after:,}",
        )
    now, after = project.data.field(OBSERVATION), project.data.field(NEXT)
    if now is not None and after is not None and NEXT in seen and now.preparation != after.preparation:
        yield _problem(
            f"'{OBSERVATION}' and '{NEXT}' are prepared differently, so one network cannot value both. "
            "Give them the same steps in the tab Data.",
            severity=Severity.WARNING,
        )


def _all_before(checker: ShapeInference, node_id: str) -> set[str]:
    """All that a node is computed from, itself included."""
    graph, found, waiting = checker.project.graph, set[str](), [node_id]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [edge.source for edge in graph.inputs_of(name).values()]
    return found


def _few(node_ids: Iterable[str]) -> str:
    names = sorted(node_ids, key=natural)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more


def _targets(checker: ShapeInference, phase: Phase) -> Iterator[Problem]:
    """Copies must be of the same make as what they follow, and nobody may train them."""
    graph = checker.project.graph
    followed: set[str] = set()
    copies, trained = copies_of(phase), trained_by_name(phase)
    for player in phase.players:
        for target in player.targets:
            unknown = [name for name in (target.node, target.of) if name not in graph.nodes]
            if unknown:
                yield _problem(
                    f"Training lets '{target.node[:80]}' follow '{target.of[:80]}', "
                    f"but there is no '{unknown[0][:80]}'.",
                    expected="two nodes of the network",
                    found=unknown[0][:80],
                )
                continue
            said = refusal(graph, target.node, target.of, copies=copies, trained=trained)
            if not said and target.node in followed:
                said = "it follows two nodes at once"
            if said:
                yield _problem(
                    f"'{target.node}' cannot be a slow copy of '{target.of}': {said}.",
                    node=target.node if target.node in checker.layers else "",
                    expected="a node like the other, with weights of its own, that nobody trains",
                    found=said,
                )
            followed.add(target.node)


def _blending(checker: ShapeInference, recipe: Recipe) -> Iterator[Problem]:
    """Blends need inputs that are numbers, and losses that take a share of each class."""
    wanted = [name for name, on in (("Mixup", recipe.mixup), ("Cutmix", recipe.cutmix)) if on]
    if not wanted:
        return
    said = " and ".join(wanted)
    data, graph = checker.project.data, checker.project.graph
    pictures = False
    for node_id, layer in checker.layers.items():
        spec = checker.specs.get((node_id, "output"))
        if not isinstance(layer, Input) or spec is None or node_id not in checker.needed:
            continue
        fields = [field for name in layer.fields if (field := data.field(name)) is not None]
        pictures |= any(field.kind is FieldKind.IMAGE for field in fields)
        if spec.dtype is not DType.INT:
            continue
        for edge in graph.consumers_of(node_id):
            user = checker.layers.get(edge.target)
            if isinstance(user, BLENDED):
                continue
            what = "loss" if isinstance(user, Loss) else "layer"
            yield _problem(
                f"{said} cannot be used with the {what} '{edge.target}': "
                "it takes class numbers, which cannot be blended.",
                node=edge.target,
                expected="CrossEntropyLoss for classes, or targets that are numbers",
                found=type(user).__name__ if user is not None else edge.target,
            )
    if recipe.cutmix and not pictures:
        yield _problem("Cutmix swaps patches of pictures, and no input is one.", expected="an input with pictures")
