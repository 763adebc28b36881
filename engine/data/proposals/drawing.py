"""Drawing a proposed network: nodes left to right, row under row."""

from engine.document.data_spec import Field
from engine.document.graph import Edge, Graph, Node, Value

COLUMN, ROW = 280.0, 150.0
PER_ROW = 5
_PORTS = {"Output": "prediction", "MultiheadAttention": "query"}


class Drawing:
    """Places nodes left to right, row under row, and links each to the one before."""

    def __init__(self) -> None:
        self.graph = Graph()
        self._row = 0
        self._column = 0
        self._lowest = 0

    def put(self, node_id: str, type_name: str, source: str = "", title: str = "", **attributes: Value) -> str:
        """The next node, linked from `source`."""
        if self._column == PER_ROW:
            self.wrap()
        self.at(node_id, type_name, self._column, self._row, title, **attributes)
        self._column += 1
        if source:
            self.graph.connect(Edge(source=source, target=node_id, input=_PORTS.get(type_name, "input")))
        return node_id

    def at(self, node_id: str, type_name: str, column: int, row: int, title: str = "", **attributes: Value) -> str:
        """A node at a place of its own."""
        self.graph.add(
            Node(id=node_id, type=type_name, attributes=attributes, x=column * COLUMN, y=row * ROW, title=title)
        )
        return node_id

    def beneath(self, node_id: str, type_name: str, source: str, *, rows: int = 1, **attributes: Value) -> str:
        """A node so many rows under the last one, linked from `source`: a second way beside the chain."""
        row = self._row + rows
        self._lowest = max(self._lowest, row)
        self.at(node_id, type_name, self._column - 1, row, "", **attributes)
        self.link(source, node_id)
        return node_id

    def skip(self, columns: int) -> None:
        """Leave places free for nodes that are put there by hand."""
        self._column += columns

    def wrap(self) -> None:
        """Go on in the next row."""
        self._row, self._column = max(self._row, self._lowest) + 1, 0

    def link(self, source: str, target: str, port: str = "input") -> None:
        """A link to the port of a node that is there already."""
        self.graph.connect(Edge(source=source, target=target, input=port))

    def finish(self, source: str, target: Field, loss: str, **settings: Value) -> None:
        """Output, loss and the Input of the field to learn, around the end of the chain."""
        # Right behind the chain, also at the end of a full row: a link round the row would pass behind the cards.
        column, row = self._column, self._row
        self.at("answer", "Output", column, row, field=target.name)
        self.at("loss", loss, column, row + 1, "", **settings)
        self.at("target", "Input", column - 1, row + 1, title=target.name, fields=[target.name])
        self.graph.connect(Edge(source=source, target="answer", input="prediction"))
        self.graph.connect(Edge(source=source, target="loss", input="prediction"))
        self.graph.connect(Edge(source="target", target="loss", input="target"))
