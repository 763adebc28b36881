"""Small environments that are learned in a moment, and projects that play in them."""

import gymnasium
import msgspec
import numpy as np
from gymnasium import spaces

from engine.data.dataset import Dataset, open_dataset
from engine.data.importing import inspect, measure
from engine.document.data_spec import DataSpec, Role, Step
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.document.recipe import Phase, Play, Player, Recipe, Target

Info = dict[str, object]


class Line(gymnasium.Env[np.ndarray, int]):
    """Five places in a row; the game begins at one of the middle ones and the right end earns 1, the left one -1."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012 - gymnasium's own
    observation_space = spaces.Box(-2, 2, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def seen(self) -> np.ndarray:
        return np.array([self.place, 1.0], np.float32)

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[np.ndarray, Info]:
        super().reset(seed=seed)
        self.place = int(self.np_random.integers(-1, 2))
        return self.seen(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, Info]:
        self.place += 1 if action == 1 else -1
        over = abs(self.place) >= 2
        return self.seen(), float(np.sign(self.place)) if over else 0.0, over, False, {}

    def render(self) -> np.ndarray:
        return np.full((8, 8, 3), 20 * (self.place + 2), np.uint8)


class Numbered(Line):
    """The same, seen as the number of the place; actions are 3 and 4."""

    observation_space = spaces.Discrete(5)
    action_space = spaces.Discrete(2, start=3)

    def seen(self) -> int:  # type: ignore[override]
        return self.place + 2

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, Info]:
        assert action in (3, 4)
        return super().step(action - 3)


class Drawn(Line):
    """The same, seen as a picture."""

    observation_space = spaces.Box(0, 255, (4, 5, 1), np.uint8)

    def seen(self) -> np.ndarray:
        picture = np.zeros((4, 5, 1), np.uint8)
        picture[:, self.place + 2] = 255
        return picture


class Forgetful(Line):
    """It does not keep to its seed."""

    def reset(self, *, seed: int | None = None, options: object = None) -> tuple[np.ndarray, Info]:
        super().reset()
        self.offset = float(np.random.default_rng().normal())
        return self.seen(), {}

    def seen(self) -> np.ndarray:
        return np.array([self.place, getattr(self, "offset", 0.0)], np.float32)


class Endless(Line):
    """Nothing ends it but the longest a game may last."""

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, Info]:
        self.place = max(-2, min(2, self.place + (1 if action == 1 else -1)))
        return self.seen(), float(self.place), False, False, {}


def register() -> None:
    """Let gymnasium know them."""
    for kind, longest in ((Line, None), (Numbered, None), (Drawn, None), (Forgetful, None), (Endless, 12)):
        if f"{kind.__name__}-v0" not in gymnasium.registry:
            gymnasium.register(f"{kind.__name__}-v0", kind, max_episode_steps=longest)


def game_data(name: str, steps: int = 120, *, next_role: Role = Role.INPUT) -> tuple[DataSpec, Dataset]:
    """The moments of a random player, all of them to be looked at."""
    data = inspect(f"gym:{name}", target="action", options={"steps": steps}).data
    roles = {"action": Role.TARGET, "episode": Role.IGNORED, "next_observation": next_role}
    fields = []
    for field in data.fields:
        steps_of = field.preparation
        if field.name == "done":
            steps_of = (Step(type="ClassIndex"),)
        elif field.name in ("observation", "next_observation") and field.kind.value == "array":
            steps_of = ()
        fields.append(msgspec.structs.replace(field, role=roles.get(field.name, Role.INPUT), preparation=steps_of))
    data = msgspec.structs.replace(data, fields=tuple(fields))
    data = measure(open_dataset(None, data))
    return data, open_dataset(None, data)


def player_of(
    name: str, play: Play, *, epochs: int = 2, slow: bool = True, double: bool = False, dueling: bool = False
) -> tuple[Project, Dataset]:
    """A DQN for an environment: an online network, a slow copy and a TD error."""
    data, dataset = game_data(name)
    nodes = [
        Node(id="now", type="Input", attributes={"fields": ("observation",)}),
        Node(id="next", type="Input", attributes={"fields": ("next_observation",)}),
        Node(id="action", type="Input", attributes={"fields": ("action",)}),
        Node(id="reward", type="Input", attributes={"fields": ("reward",)}),
        Node(id="done", type="Input", attributes={"fields": ("done",)}),
        Node(id="act", type="Output", attributes={"field": "action"}),
        Node(id="td", type="TDLoss", attributes={"gamma": 0.9}),
    ]
    edges = [
        Edge(source="action", target="td", input="action"),
        Edge(source="reward", target="td", input="reward"),
        Edge(source="done", target="td", input="finished"),
    ]
    chains = [("q", "now", ""), ("s", "next", "" if slow else "q")]
    if double:
        chains.append(("d", "next", "q"))
    picture = data.field("observation").kind.value == "image"  # type: ignore[union-attr]
    ends = {}
    for prefix, source, shares in chains:
        names = [("flat", "Flatten", {})] if picture else []
        names += [("hidden", "Linear", {"out_features": 16}), ("relu", "ReLU", {})]
        before = source
        for part, kind, attributes in names:
            node_id = f"{prefix}_{part}"
            owner = f"{shares}_{part}" if shares and kind == "Linear" else ""
            nodes.append(Node(id=node_id, type=kind, attributes=attributes, shares=owner))
            edges.append(Edge(source=before, target=node_id))
            before = node_id
        heads = [("values", 2)] if not dueling else [("worth", 1), ("gain", 2)]
        for head, width in heads:
            owner = f"{shares}_{head}" if shares else ""
            nodes.append(Node(id=f"{prefix}_{head}", type="Linear", attributes={"out_features": width}, shares=owner))
            edges.append(Edge(source=before, target=f"{prefix}_{head}"))
        ends[prefix] = f"{prefix}_{heads[-1][0]}"
        if dueling:
            nodes.append(Node(id=f"{prefix}_both", type="Add"))
            edges.append(Edge(source=f"{prefix}_worth", target=f"{prefix}_both", input="a"))
            edges.append(Edge(source=f"{prefix}_gain", target=f"{prefix}_both", input="b"))
            ends[prefix] = f"{prefix}_both"
    edges += [
        Edge(source=ends["q"], target="act", input="prediction"),
        Edge(source=ends["q"], target="td", input="prediction"),
        Edge(source=ends["s"], target="td", input="following"),
    ]
    if double:
        edges.append(Edge(source=ends["d"], target="td", input="deciding"))
    weights = ["hidden", *(["worth", "gain"] if dueling else ["values"])]
    targets = tuple(Target(node=f"s_{part}", of=f"q_{part}", tau=1.0, every=10) for part in weights) if slow else ()
    player = Player(optimizer=Step(type="Adam", attributes={"lr": 0.02}), targets=targets)
    recipe = Recipe(phases=(Phase(epochs=epochs, batch_size=16, players=(player,), play=play),))
    return Project(name="game", data=data, graph=Graph(nodes, edges), recipe=recipe), dataset
