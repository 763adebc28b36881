"""Blocks: an instance of a drawn sub-graph, and inside its definition the places where tensors go in and come out."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Block(Layer):
    """Stands for a network of its own, drawn once and used in as many places as you like.

    Its ports are the BlockInput and BlockOutput nodes of its definition. Repeated, what comes out goes in again.
    """

    caption: ClassVar[str] = "Block"
    synonyms: ClassVar[tuple[str, ...]] = ("group", "sub-graph", "subgraph", "module", "repeat", "fold")
    family: ClassVar[Family] = Family.DATA
    formula: ClassVar[str] = "y = f(f(… f(x)))"
    when: ClassVar[str] = "When a part of the network comes several times, or is easier to read as one box."
    inputs: ClassVar[tuple[InputPort, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="block")
    block: str = attribute("", help="Which block of this project it is.")
    repeat: int = attribute(1, minimum=1, maximum=1000, label="Repeat", help="How many copies stand in a row.")
    tied: bool = attribute(False, label="Same weights", help="All copies use the weights of the first.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """Nothing: what is inside stands in the place of an instance that can be opened."""
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockInput(Layer):
    """Where a tensor comes into a block; each is an input of the block's box.

    Passes its input on as it is.
    """

    caption: ClassVar[str] = "Block input"
    synonyms: ClassVar[tuple[str, ...]] = ("port", "in")
    family: ClassVar[Family] = Family.DATA
    formula: ClassVar[str] = "y = x"
    when: ClassVar[str] = "Inside a block, for each tensor it takes."
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="block")

    def handed_on(self) -> str:
        return "input"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockOutput(BlockInput):
    """Where a tensor leaves a block; each is an output of the block's box.

    Passes its input on as it is.
    """

    caption: ClassVar[str] = "Block output"
    synonyms: ClassVar[tuple[str, ...]] = ("port", "out")
    when: ClassVar[str] = "Inside a block, for each tensor it gives."
