"""What goes on inside: values of every node, attention, units, latent maps, held to what torch itself gives."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from PIL import Image

from engine.compiler.module import hookable_twin
from engine.data.dataset import open_dataset
from engine.data.importing import inspect, measure
from engine.data.proposals import propose
from engine.document.data_spec import Role, Step
from engine.document.files import create
from engine.document.flat import in_words
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.errors import Cancelled, DataError
from engine.evaluation.answered import answered, forget_answers
from engine.evaluation.insides.attending import attention_of
from engine.evaluation.insides.latent import latent_map
from engine.evaluation.insides.look import look_inside
from engine.evaluation.insides.neurons import neurons_of
from engine.evaluation.insides.opened import Opened, opened_from
from engine.protocol.messages.insides import MapLatent
from tests.unit.evaluation.test_answered import untrained


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    torch.set_num_threads(1)
    forget_answers()
    yield
    forget_answers()


def opened(folder: Path, project: Project) -> Opened:
    create(folder / "project", project)
    return opened_from(answered(folder / "project", untrained(folder / "project", project), "test"))


@pytest.fixture
def pictures(tmp_path: Path) -> Opened:
    random = np.random.default_rng(2)
    for name in ("dark", "light"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(0, 120, (20, 24), np.uint8) + (100 if name == "light" else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "data" / name / f"{number}.png")
    return opened(tmp_path, propose("light", inspect(tmp_path / "data").data))


@pytest.fixture
def table(tmp_path: Path) -> Opened:
    random = np.random.default_rng(3)
    rows = [f"{a:.4f},{b:.4f},{'yes' if a > b else 'no'}" for a, b in random.normal(size=(200, 2))]
    (tmp_path / "points.csv").write_text("a,b,larger\n" + "\n".join(rows) + "\n")
    return opened(tmp_path, propose("points", inspect(tmp_path / "points.csv", target="larger").data))


def sample(given: Opened) -> int:
    return int(given.given.indices[1])


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


def test_every_node_is_told_and_a_layer_shown_as_maps(pictures: Opened) -> None:
    index = sample(pictures)
    found = look_inside(pictures, index)
    first = next(node for node in found.nodes if node.type == "Conv2d")
    assert found.node == first.node and found.form == "maps" and found.total == first.shape[0]
    assert {call.node.id for call in pictures.steps.prediction_calls} <= {node.node for node in found.nodes}
    inputs = pictures.inputs(torch.tensor([1]))
    twin = hookable_twin(pictures.network, pictures.project)
    kept: list[torch.Tensor] = []
    hook = twin.get_submodule(first.node).register_forward_hook(lambda module, given, answer: kept.append(answer))
    with torch.no_grad():
        twin(*inputs)
    hook.remove()
    assert np.array_equal(floats(found.values), kept[0][0, : found.channels].numpy().reshape(-1))
    assert first.mean == pytest.approx(float(kept[0].mean()), abs=1e-6)


def test_channels_come_in_pages(pictures: Opened) -> None:
    index = sample(pictures)
    whole = look_inside(pictures, index, limit=64)
    page = look_inside(pictures, index, first=3, limit=2)
    each = page.height * page.width
    assert page.channels == 2 and np.array_equal(floats(page.values), floats(whole.values)[3 * each : 5 * each])
    last = look_inside(pictures, index, first=10_000)
    assert last.first == last.total - 1 and last.channels == 1


def test_large_maps_are_averaged_and_say_so(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(8):
            Image.fromarray(random.integers(0, 255, (200, 200), np.uint8)).save(
                tmp_path / "data" / name / f"{number}.png"
            )
    project = propose("large", inspect(tmp_path / "data").data)
    given = opened(tmp_path, project)
    found = look_inside(given, int(given.given.indices[0]), given.steps.input_ids[0])
    if max(found.nodes[0].shape) > 96:
        assert found.width == 96 and "Averaged" in found.note


def test_the_answer_is_named_by_its_classes(table: Opened) -> None:
    end = next(iter(table.steps.predictions.values()))
    found = look_inside(table, sample(table), end[0])
    assert found.form == "numbers" and found.names == ["no", "yes"] and found.width == 2
    start = look_inside(table, sample(table), table.steps.input_ids[0])
    assert start.names == ["a", "b"]


def test_an_unknown_node_or_sample_is_refused_in_words(table: Opened) -> None:
    with pytest.raises(DataError, match="no node 'other'"):
        look_inside(table, sample(table), "other")
    with pytest.raises(DataError, match="not in the split"):
        look_inside(table, 10**6)
    with pytest.raises(Cancelled):
        look_inside(table, sample(table), cancelled=lambda: True)


def test_units_and_weights_of_a_small_network(table: Opened) -> None:
    found = neurons_of(table, sample(table))
    assert not found.refusal and found.layers[0].source == -1 and found.layers[0].names == ["a", "b"]
    linear = [layer for layer in found.layers if layer.type == "Linear"]
    assert linear
    for layer in linear:
        source = found.layers[layer.source]
        weights = floats(layer.weights).reshape(len(layer.values), len(source.values))
        expected = weights @ np.array(source.values, np.float32) + np.array(layer.biases, np.float32)
        assert np.allclose(layer.values, expected, atol=1e-5)


def test_large_networks_are_not_drawn_unit_by_unit(pictures: Opened) -> None:
    found = neurons_of(pictures, sample(pictures))
    assert not found.layers and "more than 16 layers" in found.refusal


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_a_latent_map_has_a_point_for_each_sample(table: Opened, method: str) -> None:
    found = latent_map(table, MapLatent(id=1, project_dir="", method=method))
    points = floats(found.points).reshape(-1, 2)
    assert len(points) == table.given.count and np.isfinite(points).all()
    assert np.array_equal(np.frombuffer(found.indices, "<i4"), table.given.indices.numpy())
    assert found.classes == ["no", "yes"]
    target = table.given.output("larger").target
    assert target is not None
    assert np.array_equal(np.frombuffer(found.groups, "<i2"), target.numpy())
    answers = table.given.output("larger").raw.argmax(1)
    assert np.array_equal(np.frombuffer(found.answers, "<i2"), answers.numpy())
    assert (len(found.shares) == 2) is (method == "pca")
    last_weights = [call for call in table.steps.prediction_calls if call.node.type == "Linear"][-1]
    assert found.node == last_weights.inputs[0][0]  # type: ignore[index]


def test_a_map_of_fewer_samples_says_so(table: Opened) -> None:
    found = latent_map(table, MapLatent(id=1, project_dir="", most=5))
    assert len(found.indices) == 5 * 4 and "5 of" in found.note


def test_a_map_of_nothing_is_refused(table: Opened) -> None:
    with pytest.raises(DataError, match="no way 'spiral'"):
        latent_map(table, MapLatent(id=1, project_dir="", method="spiral"))
    with pytest.raises(DataError, match="no node"):
        latent_map(table, MapLatent(id=1, project_dir="", node="other"))


def of_texts(folder: Path, *nodes: tuple[str, dict[str, object]]) -> Opened:
    """Texts with these layers put behind the embedding."""
    random = np.random.default_rng(5)
    words = [f"{a}{b}" for a in ("ka", "lo", "mi", "su") for b in ("ra", "ne", "ti", "vo", "pu")]
    lines = [
        f"{'good' if n % 2 else 'bad'} film {' '.join(random.permutation(words)[:9])},{'plus' if n % 2 else 'minus'}"
        for n in range(60)
    ]
    (folder / "texts.csv").write_text("text,sign\n" + "\n".join(lines) + "\n")
    project = propose("texts", inspect(folder / "texts.csv", target="sign").data)
    graph = project.graph
    words = next(node for node in graph.nodes.values() if node.type == "Input" and node.id != "truth")
    kept = {words.id, *(n.id for n in graph.nodes.values() if n.type in ("Output", "CrossEntropyLoss"))}
    truths = [n.id for n in graph.nodes.values() if n.type == "Input" and n.id != words.id]
    chain = [("Embedding", {"embedding_dim": 8}), *nodes, ("Mean", {"dim": 1}), ("Linear", {"out_features": 2})]
    made = [Node(id=f"layer{i}", type=kind, attributes=dict(more)) for i, (kind, more) in enumerate(chain)]  # type: ignore[arg-type]
    names = [words.id, *(node.id for node in made)]
    edges = [Edge(source=a, target=b) for a, b in pairwise(names)]
    for end in kept - {words.id}:
        edges.append(Edge(source=names[-1], target=end, input="prediction"))
        if graph.nodes[end].type != "Output":
            edges.append(Edge(source=truths[0], target=end, input="target"))
    both = [graph.nodes[name] for name in graph.nodes if name in kept or name in truths]
    fields = tuple(
        msgspec.structs.replace(field, preparation=(Step(type="Words", attributes={"length": 8}),))
        if field.name == "text"
        else field
        for field in project.data.fields
    )
    data = msgspec.structs.replace(project.data, fields=fields)
    return opened(
        folder, replace(project, data=measure(open_dataset(folder, data)), graph=Graph([*both, *made], edges))
    )


ENCODER = ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0})


def test_the_weights_of_attention_are_those_of_torch(tmp_path: Path) -> None:
    given = of_texts(tmp_path, ENCODER)
    found = attention_of(given, sample(given))
    (only,) = found.maps
    weights = floats(only.weights).reshape(only.heads, only.queries, only.keys)
    assert only.node == "layer1" and only.heads == 2 and np.allclose(weights.sum(2), 1, atol=1e-5)
    encoder = given.network.get_submodule("layer1")
    inputs = given.inputs(torch.tensor([1]))
    with torch.no_grad():
        embedded = given.network.get_submodule("layer0")(inputs[0])
        attention = next(m for m in encoder.modules() if isinstance(m, torch.nn.MultiheadAttention))
        _, expected = attention(embedded, embedded, embedded, need_weights=True, average_attn_weights=False)
    assert np.allclose(weights, expected[0].numpy(), atol=1e-6)
    assert only.key_words[:2] == ["good", "film"] or only.key_words[:2] == ["bad", "film"]


def test_watching_changes_no_answer(tmp_path: Path) -> None:
    given = of_texts(tmp_path, ENCODER, ENCODER)
    inputs = given.inputs(torch.tensor([0, 1]))
    with torch.no_grad():
        before = given.network(*inputs)[0]
        found = attention_of(given, sample(given))
        assert torch.equal(given.network(*inputs)[0], before)
    assert [item.node for item in found.maps] == ["layer1", "layer2"]
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_shared_heads(tmp_path: Path, causal: bool) -> None:
    layer = ("GroupedQueryAttention", {"num_heads": 4, "num_kv_heads": 2, "is_causal": causal})
    given = of_texts(tmp_path, layer)
    found = attention_of(given, sample(given))
    (only,) = found.maps
    weights = floats(only.weights).reshape(only.heads, only.queries, only.keys)
    assert np.allclose(weights.sum(2), 1, atol=1e-5)
    if causal:
        assert not np.triu(weights, 1).any()


def test_a_layer_that_gives_its_weights_itself_is_drawn_too(tmp_path: Path) -> None:
    project = of_texts(tmp_path, ENCODER).project
    moved = {("layer0", "layer1"), ("layer1", "layer2"), ("layer2", "layer3")}
    edges = [edge for edge in project.graph.sorted_edges() if (edge.source, edge.target) not in moved]
    edges += [
        Edge(source="layer0", target="layer2"),
        Edge(source="layer0", target="layer1", input="keys"),
        Edge(source="layer2", target="layer1", input="query"),
        Edge(source="layer1", target="layer3"),
    ]
    nodes = [node for node in project.graph.nodes.values() if node.id != "layer1"]
    nodes.append(Node(id="layer1", type="AdditiveAttention", attributes={"hidden_features": 4}))
    given = opened(tmp_path / "again", replace(project, graph=Graph(nodes, edges)))
    (only,) = attention_of(given, sample(given)).maps
    with torch.no_grad():
        values = dict(given.values(given.inputs(torch.tensor([1]))))
    assert (only.node, only.heads, only.queries) == ("layer1", 1, 1)
    assert np.array_equal(floats(only.weights), values[("layer1", "weights")][0].numpy())
    assert floats(only.weights).sum() == pytest.approx(1, abs=1e-5)


def test_a_network_without_attention_has_no_maps(table: Opened) -> None:
    assert attention_of(table, sample(table)).maps == []


@pytest.mark.parametrize(
    "layer",
    [("MultiheadAttention", {"num_heads": 2}, "query", "key"), ("TransformerDecoderLayer", {}, "input", "memory")],
)
def test_one_text_that_looks_at_another_of_the_same_length_is_told_apart(
    tmp_path: Path, layer: tuple[str, dict[str, object], str, str]
) -> None:
    kind, more, looking, looked_at = layer
    project = of_texts(tmp_path, ENCODER).project
    lines = (tmp_path / "texts.csv").read_text().splitlines()[1:]
    rows = [f"{text},{' '.join(reversed(text.split()))},{sign}" for text, sign in (line.split(",") for line in lines)]
    (tmp_path / "texts.csv").write_text("text,back,sign\n" + "\n".join(rows) + "\n")
    again = propose("texts", inspect(tmp_path / "texts.csv", target="sign").data).data
    words = (Step(type="Words", attributes={"length": 8}),)
    fields = tuple(
        msgspec.structs.replace(field, preparation=words, role=Role.INPUT) if field.name in ("text", "back") else field
        for field in again.fields
    )
    said = next(node for node in project.graph.nodes.values() if node.attributes.get("fields") == ["text"])
    nodes = [
        *(node for node in project.graph.nodes.values() if node.id != "layer1"),
        Node(id="layer1", type=kind, attributes=dict(more)),  # type: ignore[arg-type]
        Node(id="so_far", type="Input", attributes={"fields": ["back"], "shift": 1}),
        Node(id="so_far_numbers", type="Embedding", attributes={"embedding_dim": 8}),
    ]
    edges = [edge for edge in project.graph.sorted_edges() if edge.target != "layer1"]
    edges += [
        Edge(source="so_far", target="so_far_numbers"),
        Edge(source="so_far_numbers", target="layer1", input=looking),
        Edge(source="layer0", target="layer1", input=looked_at),
    ]
    data = measure(open_dataset(tmp_path, msgspec.structs.replace(again, fields=fields)))
    given = opened(tmp_path / "again", replace(project, graph=Graph(nodes, edges), data=data))
    index = sample(given)
    read = given.input_words(given.inputs(torch.tensor([given.place(index)])))
    found = attention_of(given, index).maps[-1]
    assert found.key_words == read[said.id] and found.query_words == read["so_far"]
    text = next(row.split(",") for at, row in enumerate(rows) if at == index)
    assert found.key_words == text[0].split()[:8]
    assert found.query_words == ["", *text[1].split()[:7]]
    if kind == "TransformerDecoderLayer":  # before it looks at the other text, it looks at what it has said itself
        own = attention_of(given, index).maps[0]
        assert own.key_words == own.query_words == read["so_far"]


def test_nodes_of_one_title_and_of_a_block_are_told_apart(table: Opened) -> None:
    nodes = [replace_title(node) for node in table.project.graph.nodes.values()]
    project = replace(table.project, graph=Graph(nodes, table.project.graph.sorted_edges()))
    again = replace(table, given=replace(table.given, project=project, memo={}))
    linear = [node.id for node in nodes if node.type == "Linear"]
    assert [again.title(name) for name in linear] == [f"Layer ({name})" for name in linear] and len(linear) > 1
    other = next(node for node in nodes if not node.title)
    assert again.title(other.id) == other.id
    assert in_words("encoder__2__conv1") == "encoder › 2 › conv1"


def replace_title(node: Node) -> Node:
    return msgspec.structs.replace(node, title="Layer" if node.type == "Linear" else "")


def test_of_what_is_made_again_the_narrowest_place_is_drawn(pictures: Opened, tmp_path: Path) -> None:
    field = pictures.network.input_fields[pictures.network.input_ids[0]][0]
    shape = pictures.steps.specs[(pictures.network.input_ids[0], "output")].shape[1:]
    whole = int(np.prod([size or 1 for size in shape]))
    sizes = {"wide": 5, "code": 2, "again": whole}
    nodes = [Node(id="seen", type="Input", attributes={"fields": [field]}), Node(id="flat", type="Flatten")]
    nodes += [Node(id=name, type="Linear", attributes={"out_features": size}) for name, size in sizes.items()]
    nodes.append(Node(id="shaped", type="Unflatten", attributes={"unflattened_size": list(shape)}))
    nodes += [Node(id="end", type="Output", attributes={"field": field}), Node(id="off", type="MSELoss")]
    edges = [Edge(source=a, target=b) for a, b in pairwise(["seen", "flat", *sizes, "shaped"])]
    edges += [Edge(source="shaped", target=end, input="prediction") for end in ("end", "off")]
    graph = Graph(nodes, [*edges, Edge(source="seen", target="off", input="target")])
    found = latent_map(
        opened(tmp_path / "p", replace(pictures.project, graph=graph)), MapLatent(id=1, project_dir="p", split="test")
    )
    assert found.node == "code"
    assert "seen" not in [node for node, _, _ in found.nodes]


def test_what_goes_into_the_only_layer_can_be_chosen_again(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = [f"{a:.4f},{b:.4f},{'yes' if a > b else 'no'}" for a, b in random.normal(size=(80, 2))]
    (tmp_path / "points.csv").write_text("a,b,larger\n" + "\n".join(rows) + "\n")
    project = propose("points", inspect(tmp_path / "points.csv", target="larger").data)
    first = next(node.id for node in project.graph.nodes.values() if node.type == "Input")
    inner = [
        node.id for node in project.graph.nodes.values() if node.type not in ("Input", "Output", "CrossEntropyLoss")
    ]
    last = next(edge.source for edge in project.graph.sorted_edges() if edge.input == "prediction")
    nodes = [node for node in project.graph.nodes.values() if node.id not in set(inner) - {last}]
    edges = [e for e in project.graph.sorted_edges() if {e.source, e.target} <= {node.id for node in nodes}]
    graph = Graph(nodes, [*edges, Edge(source=first, target=last)])
    found = latent_map(
        opened(tmp_path / "p", replace(project, graph=graph)), MapLatent(id=1, project_dir="p", split="test")
    )
    assert found.node == first and found.nodes[0][0] == first
