"""Formulas as people type them ("a * sigmoid(b) + 1"): read with Python's own grammar, checked, never run as code."""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.catalog.rules import broadcast
from engine.catalog.tensors import DType, TensorSpec

LONGEST: Final = 400
_DEEPEST = 40
_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}\Z")


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """An input."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of FUNCTIONS and what it is given."""

    function: str
    arguments: tuple["Term", ...]


Term = Number | Name | Call


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is written in torch ("{torch}exp({0})"), and in numbers where it has an answer for them."""

    arguments: int
    torch: str
    number: Callable[..., float] | None = None
    last_axis: bool = False
    """It leaves one value of the last axis."""


FUNCTIONS: Final[dict[str, Function]] = {
    "add": Function(2, "({0} + {1})", lambda a, b: a + b),
    "subtract": Function(2, "({0} - {1})", lambda a, b: a - b),
    "multiply": Function(2, "({0} * {1})", lambda a, b: a * b),
    "divide": Function(2, "({0} / {1})", lambda a, b: a / b),
    "power": Function(2, "({0} ** {1})", lambda a, b: a**b),
    "negate": Function(1, "(-{0})", lambda a: -a),
    "greater": Function(2, "({0} > {1}).float()", lambda a, b: float(a > b)),
    "less": Function(2, "({0} < {1}).float()", lambda a, b: float(a < b)),
    "abs": Function(1, "{torch}abs({0})", abs),
    "exp": Function(1, "{torch}exp({0})", math.exp),
    "log": Function(1, "{torch}log({0})", math.log),
    "sqrt": Function(1, "{torch}sqrt({0})", math.sqrt),
    "square": Function(1, "{torch}square({0})", lambda a: a * a),
    "sin": Function(1, "{torch}sin({0})", math.sin),
    "cos": Function(1, "{torch}cos({0})", math.cos),
    "tan": Function(1, "{torch}tan({0})", math.tan),
    "tanh": Function(1, "{torch}tanh({0})", math.tanh),
    "sigmoid": Function(1, "{torch}sigmoid({0})", lambda a: 0.5 + 0.5 * math.tanh(a / 2)),
    "relu": Function(1, "{torch}relu({0})", lambda a: max(a, 0.0)),
    "erf": Function(1, "{torch}erf({0})", math.erf),
    "sign": Function(1, "{torch}sign({0})", lambda a: float((a > 0) - (a < 0))),
    "round": Function(1, "{torch}round({0})", lambda a: float(round(a))),
    "floor": Function(1, "{torch}floor({0})", lambda a: float(math.floor(a))),
    "ceil": Function(1, "{torch}ceil({0})", lambda a: float(math.ceil(a))),
    "minimum": Function(2, "{torch}minimum({0}, {1})", min),
    "maximum": Function(2, "{torch}maximum({0}, {1})", max),
    "where": Function(3, "{torch}where({0} != 0, {1}, {2})", lambda a, b, c: b if a else c),
    "mean": Function(1, "{0}.mean(dim=-1, keepdim=True)", last_axis=True),
    "sum": Function(1, "{0}.sum(dim=-1, keepdim=True)", last_axis=True),
    "highest": Function(1, "{0}.amax(dim=-1, keepdim=True)", last_axis=True),
    "lowest": Function(1, "{0}.amin(dim=-1, keepdim=True)", last_axis=True),
}
_OPERATORS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.USub: "negate",
    ast.Gt: "greater",
    ast.Lt: "less",
}
_BOUNDS: Final = {"minimum": "max", "maximum": "min"}
"""Functions of two tensors in torch, with the name of the bound where one of the two is a number."""
TORCH_NAMES: Final = frozenset(
    name for item in FUNCTIONS.values() for name in re.findall(r"\{torch\}(\w+)\(", item.torch)
)
"""The functions of torch that a written formula calls."""
NAMED_NUMBERS: Final = {"pi": math.pi, "e": math.e}
TYPED: Final = sorted(set(FUNCTIONS) - set(_OPERATORS.values()))
"""The functions a person may type."""


class FormulaError(ValueError):
    """A formula that cannot be read, in words."""


def parse(text: str) -> Term:
    """The formula in a text. Raises FormulaError, and nothing else."""
    if len(text) > LONGEST:
        raise FormulaError(f"It is longer than {LONGEST} letters.")
    try:
        body = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError("It cannot be read. Write it like a * sigmoid(b) + 1.") from None
    term = _term(body, 0)
    if not names(term):
        raise FormulaError("It uses no input. Name them with letters: a, b, x.")
    return term


def _term(node: ast.AST, depth: int) -> Term:
    if depth > _DEEPEST:
        raise FormulaError("It has too many brackets inside each other.")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _number(float(value) if abs(value) < 1e30 else math.inf)
        case ast.Name(id=name) if name in NAMED_NUMBERS:
            return Number(NAMED_NUMBERS[name])
        case ast.Name(id=name):
            if not _NAME.match(name) or name in FUNCTIONS:
                raise FormulaError(f"'{name[:20]}' cannot be the name of an input. Take small letters: a, b, x1.")
            return Name(name)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _term(operand, depth + 1)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _called(_OPERATORS[type(op)], (_term(operand, depth + 1),))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _called(_OPERATORS[type(op)], (_term(left, depth + 1), _term(right, depth + 1)))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _called(_OPERATORS[type(op)], (_term(left, depth + 1), _term(right, depth + 1)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in TYPED:
            return _called(name, tuple(_term(item, depth + 1) for item in arguments))
        case ast.Call(func=ast.Name(id=name)):
            raise FormulaError(f"There is no function '{name[:20]}'. There are {', '.join(TYPED)}.")
        case _:
            raise FormulaError("It may hold numbers, inputs, + - * / ^ < >, brackets and functions, nothing else.")


def _number(value: float) -> Number:
    if not math.isfinite(value):
        raise FormulaError("A number in it is too large.")
    return Number(value)


def _called(name: str, arguments: tuple[Term, ...]) -> Term:
    function = FUNCTIONS[name]
    if len(arguments) != function.arguments:
        raise FormulaError(f"{name} takes {function.arguments} values, and has {len(arguments)}.")
    numbers = [item.value for item in arguments if isinstance(item, Number)]
    if len(numbers) == len(arguments):
        if function.number is None:
            raise FormulaError(f"{name} is given numbers alone; give it an input.")
        try:
            found = function.number(*numbers)
        except (ArithmeticError, ValueError):
            raise FormulaError("A part of it that holds numbers alone has no value.") from None
        if isinstance(found, complex):
            raise FormulaError("A part of it that holds numbers alone has no value.")
        return _number(float(found))
    return Call(name, arguments)


def names(term: Term) -> tuple[str, ...]:
    """The inputs, each once, as they come."""
    match term:
        case Number():
            return ()
        case Name(name=name):
            return (name,)
        case Call(arguments=arguments):
            return tuple(dict.fromkeys(name for item in arguments for name in names(item)))


def shape(term: Term, given: dict[str, TensorSpec]) -> TensorSpec:
    """The tensor that comes out. Raises ShapeMismatch where tensors cannot be lined up."""
    if isinstance(term, Name):
        return given[term.name]
    assert isinstance(term, Call)
    found = broadcast([shape(item, given) for item in term.arguments if not isinstance(item, Number)])
    if FUNCTIONS[term.function].last_axis:
        return TensorSpec((*found.shape[:-1], 1) if found.rank > 1 else found.shape, DType.FLOAT)
    return TensorSpec(found.shape, DType.FLOAT)


def work(term: Term) -> int:
    """How many functions are worked out for each value."""
    return 1 + sum(map(work, term.arguments)) if isinstance(term, Call) else 0


def written(term: Term, given: dict[str, str], torch: str) -> str:
    """The formula in Python; `given` are the expressions of the inputs, `torch` is the prefix of torch's functions."""
    match term:
        case Number(value=value):
            return repr(value) if value >= 0 else f"({value!r})"
        case Name(name=name):
            return given[name]
        case Call(function=function, arguments=arguments):
            parts = [written(item, given, torch) for item in arguments]
            if function in _BOUNDS and Number in map(type, arguments):
                number = [isinstance(item, Number) for item in arguments].index(True)
                return f"{parts[1 - number]}.clamp({_BOUNDS[function]}={parts[number]})"
            return FUNCTIONS[function].torch.format(*parts, torch=torch)


def value(term: Term, given: Mapping[str, float]) -> float:
    """The formula worked out for numbers. Raises ArithmeticError or ValueError where it has no value."""
    match term:
        case Number(value=number):
            return number
        case Name(name=name):
            return given[name]
        case Call(function=function, arguments=arguments):
            how = FUNCTIONS[function].number
            if how is None:
                raise ValueError(f"{function} is of several numbers")
            return float(how(*(value(item, given) for item in arguments)))


def ordered(term: Term) -> Sequence[str]:
    """The inputs in the order of their ports: by name."""
    return sorted(names(term))
