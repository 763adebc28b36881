"""Which environment a recipe plays in, and which Output says what to do: asked by the checks, by runs and by forms."""

from engine.document.data_spec import DataSpec, FieldKind, Role, SourceKind
from engine.document.environment_fields import ACTION, DONE, NEXT, OBSERVATION, REWARD
from engine.document.graph import Graph, natural
from engine.document.recipe import Play, Recipe

_ADDRESS = "gym:"


def play_of(recipe: Recipe) -> Play | None:
    """How a run plays, and by which its returns are measured: as its last phase that does; None where none does."""
    return next((phase.play for phase in reversed(recipe.phases) if phase.play is not None), None)


def environment_of(data: DataSpec) -> str:
    """The name of the environment that the data is of; empty for other data."""
    if len(data.sources) != 1 or data.sources[0].kind is not SourceKind.ENVIRONMENT:
        return ""
    return data.sources[0].path.removeprefix(_ADDRESS)


def learns_to_act(data: DataSpec) -> bool:
    """Whether data are moments whose action is to be chosen by what comes of it: what was done is then no truth."""
    roles = {field.name: field.role for field in data.fields}
    action = data.field(ACTION)
    inputs = all(roles.get(name) is Role.INPUT for name in (OBSERVATION, NEXT, REWARD, DONE))
    discrete = action is not None and action.kind is FieldKind.CATEGORY and action.role is Role.TARGET
    return bool(environment_of(data)) and discrete and inputs


def actors(graph: Graph) -> list[str]:
    """The Outputs that could say what to do: those that answer the action."""
    found = [
        node.id
        for node in graph.nodes.values()
        if node.type == "Output" and not node.bypassed and node.attributes.get("field") == ACTION
    ]
    return sorted(found, key=natural)


def actor_of(graph: Graph, play: Play) -> str:
    """The Output that says what to do; empty where there is none, or several and none is chosen."""
    found = actors(graph)
    if play.output:
        return play.output if play.output in found else ""
    return found[0] if len(found) == 1 else ""
