"""Where data and random numbers come in and answers go out: Input, Noise and Output."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.catalog.entry import AttributeKind, attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.tensors import TensorSpec
from engine.errors import ShapeMismatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Input(Layer):
    """Brings fields of the data into the network, prepared as the tab Data says.

    One field gives its prepared tensor, several are joined along the last axis into (N, K). A field to be learned is
    brought in the same way and linked to the target of a loss. The shape comes from the data. A text to be written is
    both: the target as it is, and an input moved right by one, which begins with the begin mark (teacher forcing).
    """

    caption: ClassVar[str] = "Input"
    no_formula: ClassVar[str] = "it gives the data as they were prepared"
    when: ClassVar[str] = "For every field the network looks at, and for every field it is to learn."
    synonyms: ClassVar[tuple[str, ...]] = ("data", "source", "images in", "table in", "text in", "labels", "target")
    family: ClassVar[Family] = Family.DATA
    inputs: ClassVar[tuple[InputPort, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="input")
    fields: tuple[str, ...] = attribute((), help="The fields of the data that flow in here.")
    shift: int = attribute(
        0,
        minimum=0,
        maximum=64,
        label="Move right",
        help="By how many places a text is moved right: 1 for a network that writes it, which then sees at each place "
        "only what comes before.",
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise(Layer):
    """Gives random numbers, new ones for each sample and each step.

    Output (N, *size), as many rows as the other Inputs bring. Uniform numbers lie between -√3 · std and √3 · std, so
    that they spread as far as normal ones; a std of 0.577 gives -1 to 1. While the validation split is scored they are
    the same in each epoch. In an exported file they are an input, named after the node. Source: Goodfellow et al. 2014.
    """

    formula: ClassVar[str] = "y ~ N(0, std²), or U(−√3 · std, √3 · std)"
    when: ClassVar[str] = "Before a generator, which makes something new of each draw, as in a GAN."
    synonyms: ClassVar[tuple[str, ...]] = ("random", "latent", "gan", "generator", "randn", "gaussian", "z", "seed")
    family: ClassVar[Family] = Family.DATA
    inputs: ClassVar[tuple[InputPort, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="input")
    size: tuple[int, ...] = attribute(
        (64,), minimum=1, maximum=65536, help="How many numbers a sample: one size, or a shape without the batch."
    )
    distribution: Literal["normal", "uniform"] = attribute(
        "normal", help="Normal: most near 0, a few far off. Uniform: all within bounds, each as likely."
    )
    std: float = attribute(1.0, above=0.0, maximum=1000.0, label="Spread", help="The standard deviation.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if not self.size:
            raise ShapeMismatch(
                "Noise needs a size.", expected="at least one number", found="none", hint="Set Size, such as 64."
            )
        return (TensorSpec((None, *self.size)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Output(Layer):
    """Marks a tensor as the network's answer for a field.

    For a category (N, classes), for a number (N, 1). The kind of the field decides score, display and export.
    """

    caption: ClassVar[str] = "Output"
    no_formula: ClassVar[str] = "it passes on what it is given"
    when: ClassVar[str] = "At the tensor that answers, once for every field to be answered."
    synonyms: ClassVar[tuple[str, ...]] = ("answer", "prediction", "result", "head")
    family: ClassVar[Family] = Family.DATA
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"),)
    outputs: ClassVar[tuple[str, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="output")
    field: str = attribute("", kind=AttributeKind.FIELD, help="The field of the data that is answered here.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return ()
