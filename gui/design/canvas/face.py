"""What a node's card shows, as a value: two cards with equal faces look the same."""

from dataclasses import dataclass
from typing import Final

PORT_TOP: Final = 32.0
"""From the top of a card to its first ports: just under the header, so that chains of different cards line up."""
PORT_PITCH: Final = 16.0
"""A multiple of the grid that cards snap to, so that any two ports can be put level."""
PORT_RADIUS: Final = 5.0
HEADER: Final = 26.0
CARD_WIDTH: Final = 168.0
CARD_WIDEST: Final = 248.0
HEIGHT_WITH_LINE: Final = 64.0
HEIGHT_BARE: Final = 52.0


@dataclass(frozen=True, slots=True)
class NodeFace:
    """Caption, id, one line of settings, ports and state of a node. `color` is a family of the theme."""

    id: str
    title: str
    line: str = ""
    fields: tuple[tuple[str, int, int], ...] = ()
    """Values in the line that can be changed on the card: attribute, first sign, number of signs."""
    color: str = "shape"
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    badge: str = ""
    """"error", "warning" or nothing."""
    bypassed: bool = False
    resting: bool = False
    """Whether it only leads to inputs that a Switch does not choose."""
    chosen: str = ""
    """Of a node that chooses between its inputs, the one it chooses."""
    frozen: bool = False
    width: float = CARD_WIDTH
    stack: int = 1
    """How often a block is repeated; several are drawn as a stack of cards."""
    input_names: tuple[str, ...] = ()
    """What is written beside the ports, where it is."""
    output_names: tuple[str, ...] = ()
    downwards: bool = False
    """Whether inputs lie on the top and outputs on the bottom, not at the left and right."""

    @property
    def height(self) -> float:
        """Grows with the ports."""
        ports = max(len(self.inputs), len(self.outputs))
        return max(HEIGHT_WITH_LINE if self.line else HEIGHT_BARE, PORT_TOP + (ports - 1) * PORT_PITCH + 20)

    def input_place(self, port: str) -> tuple[float, float]:
        """Where an input lies from the card's top left; one the layer lacks lies at the first."""
        if self.downwards:
            return _along(self.inputs, port, self.width), 0.0
        return 0.0, _offset(self.inputs, port)

    def output_place(self, port: str) -> tuple[float, float]:
        """Where an output lies from the card's top left."""
        if self.downwards:
            return _along(self.outputs, port, self.width), self.height
        return self.width, _offset(self.outputs, port)

    def input_offset(self, port: str) -> float:
        """How far below the card's top an input at its left lies."""
        return _offset(self.inputs, port)

    def output_offset(self, port: str) -> float:
        """How far below the card's top an output at its right lies."""
        return _offset(self.outputs, port)


def _offset(ports: tuple[str, ...], port: str) -> float:
    return PORT_TOP + PORT_PITCH * ports.index(port) if port in ports else PORT_TOP


def _along(ports: tuple[str, ...], port: str, width: float) -> float:
    """The first port lies in the middle, so that chains of cards of any width line up, the others to its right."""
    number = ports.index(port) if port in ports else 0
    return width / 2 + number * min(PORT_PITCH * 1.5, (width / 2 - 12) / max(1, len(ports) - 1))
