"""Matrices and vectors: products, distances, similarities, triangles."""

import re
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import VECTOR, alike, broadcast, found_text, mismatch, same_sizes, volume
from engine.catalog.tensors import TensorSpec

_TWO = (InputPort(name="a"), InputPort(name="b"))
_EXPRESSION = re.compile(r"[a-z]{1,8}(,[a-z]{1,8}){0,3}->[a-z]{1,8}")
_LINED_UP = "with another number of dimensions, or a batch of 1, samples would be lined up with something else"
_NO_BATCH = "the last two axes are the matrix; without another before them one would be the batch"
_ROWS = ("N", "rows", "features")
_OTHER_ROWS = ("N", "other rows", "features")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Matrices(Layer):
    """Base: works on matrices."""

    family: ClassVar[Family] = Family.MATH


def _matrix(x: TensorSpec) -> None:
    if x.rank < 3:
        mismatch("3 or more dimensions (N, ..., rows, columns)", x, "Unsqueeze or Reshape adds an axis.")


def _square(x: TensorSpec) -> None:
    _matrix(x)
    if not same_sizes(x.shape[-1], x.shape[-2]):
        mismatch("as many rows as columns", found_text(x.shape), "Slice cuts a tensor to size.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Einsum(_Matrices):
    """Multiplies tensors and adds along axes that letters name, in Einstein's notation.

    As many inputs a, b, ... as the expression has groups of letters, each a letter an axis, the first the batch;
    output with the axes behind the arrow. Source: torch.einsum.
    """

    target: ClassVar[str] = "engine.compiler.modules.Einsum"
    caption: ClassVar[str] = "Einstein sum"
    formula: ClassVar[str] = "y[output letters] = Σ over the other letters of the product of the inputs"
    when: ClassVar[str] = "For products of tensors that no other node writes."
    synonyms: ClassVar[tuple[str, ...]] = ("einstein", "sum of products", "contraction", "matmul")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="einsum")
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    stricter: ClassVar[str] = (
        "samples must stay apart: the first letter of each group is the batch; torch repeats a size of 1"
    )
    expression: str = attribute(
        "nij,njk->nik", help="Groups of letters, as in nij,njk->nik: n is the batch everywhere."
    )

    def _groups(self) -> tuple[tuple[str, ...], str] | None:
        if not _EXPRESSION.fullmatch(self.expression):
            return None
        groups, _, result = self.expression.partition("->")
        return tuple(groups.split(",")), result

    def input_ports(self) -> tuple[InputPort, ...]:
        found = self._groups()
        return tuple(InputPort(name="abcd"[place]) for place in range(2 if found is None else len(found[0])))

    def _sizes(self, inputs: tuple[TensorSpec, ...]) -> tuple[dict[str, int | None], str]:
        found = self._groups()
        if found is None:
            mismatch("groups of letters, an arrow and letters", self.expression[:40], "As in nij,njk->nik.")
        groups, result = found
        batch = result[0]
        if any(group[0] != batch or batch in group[1:] for group in (*groups, result)):
            mismatch(f"the letter of the batch, {batch}, first in each group and once", self.expression)
        if len(set(result)) != len(result) or not set(result) <= set("".join(groups)):
            mismatch("letters behind the arrow that stand before it, each once", result, "Change the expression.")
        sizes: dict[str, int | None] = {}
        for name, group, x in zip("abcd", groups, inputs, strict=False):
            if len(group) != x.rank:
                mismatch(f"{len(group)} dimensions at {name}, one a letter of {group}", x)
            for letter, size in zip(group, x.shape, strict=True):
                if not same_sizes(sizes.get(letter), size):
                    mismatch(f"one size for the letter {letter}, {sizes[letter]}", str(size), f"See {name}.")
                sizes[letter] = size if size is not None else sizes.get(letter)
        return sizes, result

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        sizes, result = self._sizes(inputs)
        return (TensorSpec(tuple(sizes[letter] for letter in result)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        sizes, result = self._sizes(inputs)
        return volume([size for letter, size in sizes.items() if letter != result[0]])

    def example(self) -> tuple[TensorSpec, ...]:
        groups, _ = self._groups() or (("nij", "njk"), "nik")
        return tuple(TensorSpec((None, *(4 + ord(letter) % 5 for letter in group[1:]))) for group in groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer(_Matrices):
    """Multiplies every value of one vector by every value of another.

    Inputs (N, features) and (N, other features); output (N, features, other features).
    """

    target: ClassVar[str] = "engine.compiler.modules.Outer"
    caption: ClassVar[str] = "Outer product"
    formula: ClassVar[str] = "y[i, j] = a[i] · b[j]"
    when: ClassVar[str] = "For every product of two descriptions, as in factor models."
    synonyms: ClassVar[tuple[str, ...]] = ("outer product", "interaction", "pairs", "bilinear")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="outer")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="a", axes=VECTOR),
        InputPort(name="b", axes=("N", "other features")),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs, 1)
        return (TensorSpec((*inputs[0].shape, inputs[1].shape[1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume((inputs[0].shape[1], inputs[1].shape[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot(_Matrices):
    """Multiplies two tensors value by value and adds up along the last axis.

    Inputs (N, ..., features) of one shape; output (N, ...).
    """

    target: ClassVar[str] = "engine.compiler.modules.Dot"
    caption: ClassVar[str] = "Dot product"
    formula: ClassVar[str] = "y = Σᵢ aᵢ · bᵢ"
    when: ClassVar[str] = "As a score of how well two vectors fit, for example of a user and a film."
    synonyms: ClassVar[tuple[str, ...]] = ("dot product", "inner product", "similarity", "score")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="dot")
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if inputs[0].rank < 2:
            mismatch("2 or more dimensions (N, ..., features)", inputs[0])
        alike(inputs)
        return (TensorSpec(broadcast(inputs).shape[:-1]),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 5, 8)), TensorSpec((None, 5, 8))


@dataclass(frozen=True, kw_only=True, slots=True)
class Gram(_Matrices):
    """Measures which channels light up together: the product of every two, averaged over places.

    Input (N, channels, ...); output (N, channels, channels). Source: Gatys et al. 2016, section 2.2.
    """

    target: ClassVar[str] = "engine.compiler.modules.Gram"
    caption: ClassVar[str] = "Gram matrix"
    formula: ClassVar[str] = "y[i, j] = Σ over places x[i] · x[j] / count"
    when: ClassVar[str] = "To compare the style of pictures."
    synonyms: ClassVar[tuple[str, ...]] = ("style", "texture", "correlation", "covariance")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gram")
    stricter: ClassVar[str] = "there must be channels and places"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 3:
            mismatch("3 or more dimensions (N, channels, ...)", x, "Link a picture or a signal.")
        return (TensorSpec((x.shape[0], x.shape[1], x.shape[1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * (inputs[0].shape[1] or 1)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 3, 6, 5)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class DistanceMatrix(_Matrices):
    """Measures how far every row of one tensor is from every row of another.

    Inputs (N, rows, features) and (N, other rows, features), b left free is a; output (N, rows, other rows).
    Source: torch.cdist.
    """

    target: ClassVar[str] = "engine.compiler.modules.DistanceMatrix"
    caption: ClassVar[str] = "Distance matrix"
    formula: ClassVar[str] = "y[i, j] = (Σ |a[i] − b[j]|ᵖ)^(1/p)"
    when: ClassVar[str] = "To find neighbours, or how points lie to each other."
    synonyms: ClassVar[tuple[str, ...]] = ("cdist", "pairwise distance", "nearest", "euclidean")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="distance_matrix")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="a", axes=_ROWS),
        InputPort(name="b", axes=_OTHER_ROWS, optional=True),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        a, b = inputs[0], inputs[-1]
        alike((a, b), 1)
        if not same_sizes(a.shape[2], b.shape[2]):
            mismatch(f"as many features in b as in a, {a.shape[2]}", str(b.shape[2]), "A Linear changes them.")
        return (TensorSpec((a.shape[0], a.shape[1], b.shape[1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        a, b = inputs[0], inputs[-1]
        return volume((a.shape[1], b.shape[1], a.shape[2]))

    p: float = attribute(2.0, minimum=1, maximum=16, label="Power", help="2 is the usual distance, 1 the sum of sizes.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineMatrix(_Matrices):
    """Measures how alike the directions of every two rows are, from -1 to 1.

    Inputs (N, rows, features) and (N, other rows, features), b left free is a; output (N, rows, other rows).
    """

    target: ClassVar[str] = "engine.compiler.modules.CosineMatrix"
    caption: ClassVar[str] = "Cosine matrix"
    formula: ClassVar[str] = "y[i, j] = a[i] · b[j] / (‖a[i]‖ · ‖b[j]‖)"
    when: ClassVar[str] = "To match two sets by direction, as in contrastive learning."
    synonyms: ClassVar[tuple[str, ...]] = ("cosine similarity", "pairwise similarity", "matching")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cosine_matrix")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="a", axes=_ROWS),
        InputPort(name="b", axes=_OTHER_ROWS, optional=True),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        a, b = inputs[0], inputs[-1]
        alike((a, b), 1)
        if not same_sizes(a.shape[2], b.shape[2]):
            mismatch(f"as many features in b as in a, {a.shape[2]}", str(b.shape[2]), "A Linear changes them.")
        return (TensorSpec((a.shape[0], a.shape[1], b.shape[1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        a, b = inputs[0], inputs[-1]
        return volume((a.shape[1], b.shape[1], a.shape[2]))


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossProduct(_Matrices):
    """Gives the vector that stands upright on two vectors in space.

    Inputs (N, ..., 3) of one shape; output of that shape. Source: torch.linalg.cross.
    """

    target: ClassVar[str] = "engine.compiler.modules.CrossProduct"
    caption: ClassVar[str] = "Cross product"
    formula: ClassVar[str] = "y = a × b"
    when: ClassVar[str] = "For directions in space: normals, turning forces."
    synonyms: ClassVar[tuple[str, ...]] = ("cross", "normal", "3d", "rotation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cross_product")
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs)
        if inputs[0].rank < 2 or not same_sizes(inputs[0].shape[-1], 3):
            mismatch("3 values along the last axis", inputs[0], "A cross product is of vectors in space.")
        return (broadcast(inputs),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 5, 3)), TensorSpec((None, 5, 3))


@dataclass(frozen=True, kw_only=True, slots=True)
class Determinant(_Matrices):
    """Takes the determinant of every matrix: how much it enlarges a volume.

    Input (N, ..., n, n); output (N, ...). Source: torch.linalg.det.
    """

    target: ClassVar[str] = "engine.compiler.modules.Determinant"
    formula: ClassVar[str] = "y = det x"
    when: ClassVar[str] = "In flows, and to measure how matrices stretch."
    synonyms: ClassVar[tuple[str, ...]] = ("det", "volume", "flow")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Det")
    stricter: ClassVar[str] = _NO_BATCH

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _square(inputs[0])
        return (TensorSpec(inputs[0].shape[:-2]),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * (inputs[0].shape[-1] or 1) // 3

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 3, 3)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tril(_Matrices):
    """Keeps the lower left half of every matrix and makes the rest 0.

    Input and output (N, ..., rows, columns). Source: torch.tril.
    """

    target: ClassVar[str] = "torch.tril"
    caption: ClassVar[str] = "Lower triangle"
    formula: ClassVar[str] = "y[i, j] = x[i, j] where j ≤ i + diagonal, else 0"
    when: ClassVar[str] = "For a causal mask on scores that are multiplied."
    synonyms: ClassVar[tuple[str, ...]] = ("lower triangle", "causal", "mask")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="trilu")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    stricter: ClassVar[str] = _NO_BATCH
    diagonal: int = attribute(0, minimum=-10_000, maximum=10_000, help="0 keeps the diagonal, 1 begins right of it.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _matrix(inputs[0])
        return (TensorSpec(inputs[0].shape, inputs[0].dtype, inputs[0].classes),)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 4, 5)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Triu(_Matrices):
    """Keeps the upper right half of every matrix and makes the rest 0.

    Input and output (N, ..., rows, columns). Source: torch.triu.
    """

    target: ClassVar[str] = "torch.triu"
    caption: ClassVar[str] = "Upper triangle"
    formula: ClassVar[str] = "y[i, j] = x[i, j] where j ≥ i + diagonal, else 0"
    when: ClassVar[str] = "For what comes after, in scores between steps."
    synonyms: ClassVar[tuple[str, ...]] = ("upper triangle", "mask")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="trilu")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    stricter: ClassVar[str] = _NO_BATCH
    diagonal: int = attribute(0, minimum=-10_000, maximum=10_000, help="0 keeps the diagonal, 1 begins right of it.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _matrix(inputs[0])
        return (TensorSpec(inputs[0].shape, inputs[0].dtype, inputs[0].classes),)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 4, 5)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagonal(_Matrices):
    """Takes the diagonal out of every matrix.

    Input (N, ..., n, n); output (N, ..., n).
    """

    target: ClassVar[str] = "engine.compiler.modules.Diagonal"
    formula: ClassVar[str] = "y[i] = x[i, i]"
    when: ClassVar[str] = "To read how well each row fits its own partner."
    synonyms: ClassVar[tuple[str, ...]] = ("diag", "trace", "main diagonal")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="diagonal")
    stricter: ClassVar[str] = _NO_BATCH

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        _square(x)
        return (TensorSpec((*x.shape[:-2], x.shape[-1] if x.shape[-1] is not None else x.shape[-2])),)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 4, 4)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class DiagonalMatrix(_Matrices):
    """Lays every vector on the diagonal of a matrix of zeros.

    Input (N, ..., n); output (N, ..., n, n). Source: torch.diag_embed.
    """

    target: ClassVar[str] = "torch.diag_embed"
    caption: ClassVar[str] = "Diagonal matrix"
    formula: ClassVar[str] = "y[i, i] = x[i], else 0"
    when: ClassVar[str] = "To scale by a matrix product."
    synonyms: ClassVar[tuple[str, ...]] = ("diag", "diag embed", "scale matrix")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="diagonal_matrix")
    stricter: ClassVar[str] = "a tensor of one number a sample has no axis to lay out"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 2:
            mismatch("2 or more dimensions (N, ..., n)", x)
        return (TensorSpec((*x.shape, x.shape[-1])),)
