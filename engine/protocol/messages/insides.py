"""Requests about what goes on inside a network while it answers, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class GetInsides(Request, frozen=True, kw_only=True):
    """What every node of the drawing gives for a sample, and one node's values in full. -> InsidesRead

    `index` is the sample's number in the data, `node` a node's id in the flat form ("" the first worth a look). Of
    values with many channels those from `first` on are given, `limit` of them.
    """

    project_dir: str
    index: int
    run: str = "best"
    split: str = "test"
    node: str = ""
    first: int = 0
    limit: int = 32


class NodeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One node's values for a sample, in short. `shape` is without the batch; `zeros` is a share, 0 to 1.

    `finite` is False where a value is infinite or undefined; then there is no mean and no spread.
    """

    node: str
    title: str
    type: str
    family: str
    shape: list[int]
    mean: float = 0.0
    std: float = 0.0
    low: float = 0.0
    high: float = 0.0
    zeros: float = 0.0
    finite: bool = True


class InsidesRead(Event, frozen=True, kw_only=True):
    """`nodes` in the order in which they are computed. `form` says how the values of `node` are to be drawn:

    - "maps": `channels` maps of `height` × `width`, row by row; `total` is how many channels there are.
    - "rows": a row a channel, a column a place (of a text, a series, a sound): `height` × `width`, one "channel".
    - "numbers": `width` values; `names` them where they are classes or columns.
    - "": a node without values of its own to draw; `note` says why.
    `values` is float32, little end first. Large maps are averaged down, which `note` says. `columns` and `rows` name
    places where they are words.
    """

    index: int
    node: str
    nodes: list[NodeSeen]
    form: str = ""
    values: bytes = b""
    channels: int = 0
    height: int = 0
    width: int = 0
    first: int = 0
    total: int = 0
    names: list[str] = []
    columns: list[str] = []
    note: str = ""


class GetAttention(Request, frozen=True, kw_only=True):
    """Where each place looks, in every attention layer, for a sample. -> AttentionRead"""

    project_dir: str
    index: int
    run: str = "best"
    split: str = "test"


class AttentionMap(msgspec.Struct, frozen=True, kw_only=True):
    """One attention at work: weights float32, little end first, (heads, queries, keys); each row of keys sums to 1.

    `part` tells several of one node apart ("layer 2", "to the other text"). `query_words` and `key_words` name the
    places where they are words. `grid` (height, width) is there where the places are those of a picture; `extra` of
    them stand before it, as a class token does.
    """

    node: str
    title: str
    part: str
    heads: int
    queries: int
    keys: int
    weights: bytes
    query_words: list[str] = []
    key_words: list[str] = []
    grid: tuple[int, int] | None = None
    extra: int = 0


class AttentionRead(Event, frozen=True, kw_only=True):
    """The attentions in the order in which they are computed. `note` says what was left out."""

    index: int
    maps: list[AttentionMap]
    note: str = ""


class GetNeurons(Request, frozen=True, kw_only=True):
    """Every unit of a small network with its value for a sample, and every weight between them. -> NeuronsRead"""

    project_dir: str
    index: int
    run: str = "best"
    split: str = "test"


class NeuronLayer(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one node. `source` is the layer they are made of, by its place, -1 for an Input.

    `weights` (float32, little end first) are units × units of the source, empty where each unit is made of the one in
    the same place. `biases` are empty where there are none.
    """

    node: str
    title: str
    type: str
    family: str
    values: list[float]
    names: list[str] = []
    source: int = -1
    weights: bytes = b""
    biases: list[float] = []


class NeuronsRead(Event, frozen=True, kw_only=True):
    """The layers in order. `refusal` says in a sentence why a network cannot be drawn so; then there are none."""

    index: int
    layers: list[NeuronLayer] = []
    refusal: str = ""


class MapLatent(Request, frozen=True, kw_only=True):
    """Lay the values of a node for many samples out as a map: near each other where they are alike. -> LatentMapped

    `method`: "pca", "tsne", "umap", or "values": two numbers as they are. At most `most` samples of the split are
    taken, evenly chosen. `node` is an id in the flat form, "" the last one before the answer is made. The same `seed`
    gives the same map.
    """

    project_dir: str
    run: str = "best"
    split: str = "test"
    output: str = ""
    node: str = ""
    method: str = "pca"
    most: int = 2000
    seed: int = 0


class LatentMapped(Event, frozen=True, kw_only=True):
    """Points in the order of `indices` (int32: samples' numbers in the data). `points` is float32 (N, 2).

    `groups` (int16) are places in `classes`, -1 where a sample has none; where samples have a number in place of a
    class, `numbers` (float32) holds it and `number_name` says what it is. `answers` (int16) are what was answered.
    `nodes` can be asked for: id, title and how many numbers they give. `shares` are the parts of the spread that the
    two axes account for, of "pca" alone.
    """

    node: str
    method: str
    indices: bytes
    points: bytes
    classes: list[str] = []
    groups: bytes = b""
    answers: bytes = b""
    numbers: bytes = b""
    number_name: str = ""
    nodes: list[tuple[str, str, int]] = []
    shares: list[float] = []
    note: str = ""
