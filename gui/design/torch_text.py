"""Reads layers from text that people have at hand: PyTorch code, and networks as `print(model)` shows them.

Code is parsed with `ast` and never run. What is not understood is named, with its line, and the rest is taken. A class
with a `forward` gives the links that it makes; anything else gives a chain in the order of the text.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type, layers
from engine.document.graph import Value
from gui.design.torch_arguments import argument_names, converted

MOST_LAYERS: Final = 2000
_MOST_TEXT: Final = 1 << 20
_MOST_SAID: Final = 40
_DEEPEST: Final = 90
_CONTAINERS: Final = frozenset({"Sequential", "ModuleList", "OrderedDict", "list", "tuple"})
_NAMED: Final = re.compile(
    r"\((?P<name>[\w.\-]+)\):\s*(?:\((?P<range>[\w\-]+)\):\s*)?(?:(?P<times>\d+) x )?(?P<rest>.*)"
)
_PRINTED: Final = re.compile(r"^\s*\([\w.\-]+\):\s*\S", re.MULTILINE)
_CODE: Final = re.compile(r"\bnn\.|\btorch\b|\bF\.|^\s*(?:\w+\.)*[A-Z]\w*\(", re.MULTILINE)
_JOINED: Final = {ast.Add: "Add", ast.Mult: "Multiply", ast.Sub: "Subtract", ast.Div: "Divide", ast.MatMult: "MatMul"}


@dataclass(frozen=True, slots=True)
class Part:
    """One layer of the text. `name` is what the code calls it, empty for none."""

    kind: type[Layer]
    attributes: dict[str, Value]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """The first output of one part feeds the n-th input of another."""

    source: int
    target: int
    port: int = 0


@dataclass(slots=True)
class TorchText:
    """What was understood, and a sentence for each thing that was not."""

    parts: list[Part] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self, problem: str, line: int = 0) -> None:
        """Note something that is left out."""
        where = f" (line {line})" if line else ""
        sentence = f"{problem}{where}."
        if sentence not in self.problems and len(self.problems) < _MOST_SAID:
            self.problems.append(sentence)

    def add(self, part: Part) -> int:
        """Take a layer in; returns its number."""
        self.parts.append(part)
        return len(self.parts) - 1

    def chain(self, numbers: Iterable[int]) -> None:
        """Link layers one after the other, as far as they have outputs and inputs."""
        before: int | None = None
        for number in numbers:
            kind = self.parts[number].kind
            if before is not None and kind.inputs and self.parts[before].kind.outputs:
                self.wires.append(Wire(before, number))
            before = number


def looks_like_torch(text: str) -> bool:
    """Whether the text is worth reading as PyTorch code or as a printed network."""
    return bool(_PRINTED.search(text) or _CODE.search(text))


def torch_layers(text: str) -> int:
    """How many layers a text holds that looks like PyTorch code in full words, 0 for any other text."""
    return len(read_torch(text).parts) if "(" in text and looks_like_torch(text) else 0


def read_torch(text: str) -> TorchText:
    """The layers of a text and the links among them. Never raises: a text without any gives problems alone."""
    found = TorchText()
    if len(text) > _MOST_TEXT:
        found.say("The text is longer than a network's")
        return found
    text = re.sub(r"^[ \t]*(?:>>>|\.\.\.) ?", "", text.replace("\r\n", "\n").replace("\r", "\n"), flags=re.MULTILINE)
    try:
        if _PRINTED.search(text):
            _Printed(found).read(text)
        else:
            _Code(found).read(text)
    except (RecursionError, MemoryError):
        found.say("The text is nested too deeply to be read whole")
    if len(found.parts) > MOST_LAYERS:
        found.say(f"Only the first {MOST_LAYERS:,} layers are taken")
        del found.parts[MOST_LAYERS:]
    found.wires = [wire for wire in found.wires if max(wire.source, wire.target) < len(found.parts)]
    return found


# Values and layers, the same in code and in print.


class _Unknown(Exception):
    """A value that only running the code would tell; the text of it."""


_Constants = dict[str, Value]


def _value(node: ast.expr, known: _Constants) -> Value:
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str() as constant):
            if isinstance(constant, int) and not isinstance(constant, bool) and abs(constant) > 10**12:
                raise _Unknown("a number that long")
            return constant
        case ast.Tuple(elts=items) | ast.List(elts=items):
            values = [_value(item, known) for item in items[:64]]
            if any(isinstance(item, list) or item is None for item in values):
                raise _Unknown(_shown(node))
            return values  # type: ignore[return-value]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _value(inner, known)
            if isinstance(value, int | float):
                return -value
        case ast.BinOp(left=left, op=op, right=right):
            return _computed(_value(left, known), op, _value(right, known), node)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.Name(id="same" | "valid" | "zeros" | "reflect" | "replicate" | "circular" as word):
            return word  # as it is printed
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in known:
            return known[name]
        case ast.Call(func=ast.Name(id="int" | "float" as to), args=[inner], keywords=[]):
            value = _value(inner, known)
            if isinstance(value, int | float) and abs(value) < 1e12:
                return int(value) if to == "int" else float(value)
    raise _Unknown(_shown(node))


def _computed(a: Value, op: ast.operator, b: Value, node: ast.expr) -> Value:
    if isinstance(a, int | float) and isinstance(b, int | float) and abs(a) < 1e12 and abs(b) < 1e12:
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.FloorDiv() if b:
                return a // b
            case ast.Div() if b:
                return a / b
            case ast.Pow() if abs(a) <= 64 and 0 <= b <= 8:
                return a**b
    raise _Unknown(_shown(node))


def _shown(node: ast.AST) -> str:
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return "it"
    return text if len(text) <= 40 else text[:39] + "…"


def _last(node: ast.expr) -> tuple[str, str]:
    """("torch.nn", "Conv2d") for `torch.nn.Conv2d`; ("", "") for anything but dotted names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return "", ""
    names.append(node.id)
    return ".".join(reversed(names[1:])), names[0]


def _part(
    found: TorchText, kind: type[Layer], call: ast.Call, known: _Constants, name: str = "", line: int = 0
) -> Part:
    """A layer with the arguments of a call; what it cannot take is noted."""
    label = kind.type_name()
    names = argument_names(kind)
    given: dict[str, ast.expr] = {}
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred) or position >= len(names):
            found.say(f"{label}: “{_shown(argument)}” is left out", line)
        else:
            given[names[position]] = argument
    for keyword in call.keywords:
        if keyword.arg is None:
            found.say(f"{label}: “**{_shown(keyword.value)}” is left out", line)
        else:
            given[keyword.arg] = keyword.value
    values: dict[str, Value] = {}
    offered = {info.torch_name or info.name for info in kind.attributes()} | {info.name for info in kind.attributes()}
    for argument_name, node in given.items():
        try:
            values[argument_name] = _value(node, known)
        except _Unknown as unknown:
            if argument_name in offered:
                found.say(f"{label}: {argument_name} is not set, “{unknown}” is no number here", line)
    attributes, refused = converted(kind, values)
    for problem in refused:
        found.say(f"{label}: {problem}", line)
    return Part(kind, attributes, name if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) else "")


# Networks as they are printed.


@dataclass(slots=True)
class _Open:
    """A module whose lines are being read."""

    name: str
    times: int
    numbers: list[int]
    silent: bool  # its inner modules are part of the layer itself


class _Printed:
    """Lines like `(0): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))`, nested by lines that end in a bracket."""

    def __init__(self, found: TorchText) -> None:
        self._found = found
        self._unsure: dict[str, None] = {}

    def read(self, text: str) -> None:
        whole = _Open("", 1, [], False)
        stack = [whole]
        for number, raw in enumerate(text.split("\n"), start=1):
            line = raw.strip().rstrip(",")
            if not line:
                continue
            if line == ")":
                if len(stack) > 1:
                    self._close(stack)
                continue
            self._line(stack, line, number)
            if len(self._found.parts) > MOST_LAYERS:
                break
        while len(stack) > 1:
            self._close(stack)
        self._found.chain(whole.numbers)
        if self._unsure:
            names = ", ".join(list(self._unsure)[:3])
            self._found.say(f"How {names} joins its layers is not in the text: they are linked in a row")

    def _line(self, stack: list[_Open], line: str, number: int) -> None:
        match = _NAMED.fullmatch(line)
        name, rest, times = "", line, 1
        if match:
            name, rest, times = match["name"], match["rest"], min(int((match["times"] or "1")[:4]), MOST_LAYERS)
        head = re.match(r"([A-Za-z_][\w.]*)\(", rest)
        silent = stack[-1].silent
        if head is None:
            if not silent and rest:
                self._found.say(f"“{rest[:40]}” is no layer", number)
            return
        type_name = head[1].rpartition(".")[2]
        kind = layer_type(type_name)
        is_open = rest.count("(") > rest.count(")")
        if is_open:
            opened = _Open(type_name, times, [], silent or kind is not None)
            if kind is not None and not silent:
                opened.numbers.append(self._found.add(Part(kind, {}, "")))
                self._found.say(f"{type_name}: its settings are not in the text, look at them in the form", number)
            elif not silent and type_name not in _CONTAINERS and len(stack) > 1:
                self._unsure[type_name] = None
            stack.append(opened)
            return
        if silent:
            return
        if kind is None:
            if type_name not in _CONTAINERS:
                self._found.say(f"{type_name} is not among the layers here", number)
            return
        tree = _tree(rest)
        if tree is None:
            self._found.say(f"“{rest[:40]}” can't be read", number)
            return
        call = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
        if isinstance(call, ast.Call):
            named = name if not name[:1].isdigit() else ""
            for _time in range(times):
                stack[-1].numbers.append(self._found.add(_part(self._found, kind, call, {}, named, number)))

    def _close(self, stack: list[_Open]) -> None:
        closed = stack.pop()
        numbers = list(closed.numbers)
        for _time in range(closed.times - 1):
            if len(self._found.parts) > MOST_LAYERS:
                break
            for number in closed.numbers:
                part = self._found.parts[number]
                numbers.append(self._found.add(Part(part.kind, part.attributes, "")))
        stack[-1].numbers += numbers


# Code.


@dataclass(frozen=True, slots=True)
class _Row:
    """Layers one after the other."""

    parts: tuple[Part, ...]


class _Code:
    """Calls of layers in the order of the text, or as `forward` calls them."""

    def __init__(self, found: TorchText) -> None:
        self._found = found
        self._known: _Constants = {}
        self._modules: dict[str, _Row] = {}

    def read(self, text: str) -> None:
        tree = _parsed(text, self._found)
        if tree is None:
            return
        row = _once(self._statements(tree.body))
        self._found.chain([self._found.add(part) for part in row])

    # Statements outside of forward: rows of layers.

    def _statements(self, body: Sequence[ast.stmt]) -> list[Part]:
        row: list[Part] = []
        for statement in body:
            match statement:
                case ast.ClassDef():
                    self._class(statement)
                case ast.FunctionDef():
                    self._defaults(statement)
                    row += self._statements(statement.body)
                case ast.Assign(targets=[target], value=value):
                    row += self._assigned(target, value)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    row += self._assigned(target, value)
                case ast.Expr(value=value) | ast.Return(value=ast.expr() as value):
                    row += self._expression(value)
                case ast.For() | ast.While() | ast.If() | ast.With() | ast.Try():
                    inner = self._statements(statement.body)
                    if inner:
                        word = type(statement).__name__.lower()
                        self._found.say(f"The “{word}” is not followed; its layers are taken once", statement.lineno)
                    row += inner
        return row

    def _assigned(self, target: ast.expr, value: ast.expr) -> list[Part]:
        name = _last(target)[1]
        try:
            self._known[name] = _value(value, self._known)
            return []
        except _Unknown:
            row = self._expression(value, name)
        if name and row:
            self._modules[name] = _Row(tuple(row))
        return row

    def _defaults(self, function: ast.FunctionDef) -> None:
        """Default values stand for the arguments."""
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args]
        pairs = list(zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True))
        pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
        for argument, default in pairs:
            try:
                self._known[argument.arg] = _value(default, self._known)
            except _Unknown:
                continue

    def _expression(self, node: ast.expr, name: str = "") -> list[Part]:
        """The layers an expression makes, in order."""
        match node:
            case ast.Call():
                return self._call(node, name)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [part for item in items for part in self._item(item)]
            case ast.Dict(keys=keys, values=values):
                names = [key.value if isinstance(key, ast.Constant) else "" for key in keys]
                return [
                    part for key, value in zip(names, values, strict=True) for part in self._expression(value, str(key))
                ]
            case ast.Starred(value=inner) | ast.Await(value=inner):
                return self._expression(inner)
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() as times)) if 0 < times <= 64:
                return _repeated(self._expression(left), times)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._expression(left) + self._expression(right)
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehension(node)
            case ast.Name(id=known) if known in self._modules and not name:
                return list(self._modules.pop(known).parts)
        return []

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp) -> list[Part]:
        inner = self._expression(node.elt)
        times = 1
        match node.generators:
            case [ast.comprehension(iter=ast.Call(func=ast.Name(id="range"), args=[count]), ifs=[])]:
                try:
                    value = _value(count, self._known)
                    times = min(max(value, 0), MOST_LAYERS) if isinstance(value, int) else 1
                except _Unknown as unknown:
                    self._found.say(f"How often “{unknown}” is cannot be told; its layers are taken once", node.lineno)
        return _repeated(inner, times)

    def _item(self, node: ast.expr) -> list[Part]:
        """An item of a list; ("name", layer) as in an OrderedDict is one layer with a name."""
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str() as name), value]):
                return self._expression(value, name)
        return self._expression(node)

    def _call(self, node: ast.Call, name: str) -> list[Part]:
        prefix, last = _last(node.func)
        if last in _CONTAINERS:
            return [part for argument in node.args for part in self._item(argument)]
        if last in ("append", "add_module", "extend", "insert"):
            named = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
            return [part for argument in node.args for part in self._expression(argument, str(named))]
        kind = layer_type(last) if last else None
        if kind is not None:
            return [_part(self._found, kind, node, self._known, name, node.lineno)]
        if last[:1].isupper() and (prefix in ("", "nn", "torch.nn") or prefix.endswith(".nn")):
            self._found.say(f"{last} is not among the layers here", node.lineno)
            return []
        if not last and isinstance(node.func, ast.Attribute | ast.Call):
            inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            return self._expression(inner, name)  # nn.Sequential(...).to(device), nn.Linear(1, 2)(x)
        return []

    # Classes.

    def _class(self, definition: ast.ClassDef) -> None:
        """Links as forward makes them; a row of all layers when there is none, or it is beyond reading."""
        methods = {item.name: item for item in definition.body if isinstance(item, ast.FunctionDef)}
        setup = [item for item in definition.body if not isinstance(item, ast.FunctionDef)]
        outer, self._modules = self._modules, {}
        row = self._statements(setup)
        if "__init__" in methods:
            self._defaults(methods["__init__"])
            row += self._statements(methods["__init__"].body)
        forward = methods.get("forward")
        if forward is not None and row:
            _Forward(self._found, self._known, self._modules).follow(forward)
        elif row:
            self._found.chain([self._found.add(part) for part in _once(row)])
        self._modules = outer


def _repeated(parts: Sequence[Part], times: int) -> list[Part]:
    """The layers again and again, each an object of its own."""
    return [replace(part) for _time, part in zip(range(MOST_LAYERS + 1), list(parts) * times, strict=False)]


def _once(row: Iterable[Part]) -> list[Part]:
    """A list that is put into a Sequential comes twice, where it is made and where it is used: the latter counts."""
    last = {id(part): part for part in reversed(list(row))}
    return list(reversed(last.values()))


class _Forward:
    """Follows the statements of a forward: what each name holds, from which layer."""

    def __init__(self, found: TorchText, known: _Constants, modules: dict[str, _Row]) -> None:
        self._found = found
        self._known = known
        self._modules = modules
        self._values: dict[str, int | None] = {}  # None: what comes in from outside
        self._used: set[str] = set()

    def follow(self, function: ast.FunctionDef) -> None:
        for argument in function.args.args[1:]:
            self._values[argument.arg] = None
        self._body(function.body)
        left = [name for name in self._modules if name not in self._used]
        for name in left:
            if not any(name in other for other in self._used):
                self._found.say(f"{name} is not used by forward as far as it can be read, and left out")

    def _body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._values[name] = self._flow(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._values[name] = self._flow(value)
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    self._values[name] = self._joined(op, self._values.get(name), self._flow(value))
                case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_])], value=value):
                    self._values[name] = self._flow(value)  # out, hidden = self.lstm(x)
                case ast.Return(value=ast.expr() as value) | ast.Expr(value=value):
                    self._flow(value)
                case ast.For(target=ast.Name(id=name), iter=over, body=[ast.Assign(targets=[target], value=value)]):
                    self._loop(name, over, target, value, statement.lineno)
                case ast.For() | ast.While() | ast.If() | ast.With() | ast.Try():
                    word = type(statement).__name__.lower()
                    self._found.say(f"The “{word}” in forward is not followed; it is read once", statement.lineno)
                    self._body(statement.body)

    def _loop(self, name: str, over: ast.expr, target: ast.expr, value: ast.expr, line: int) -> None:
        """`for layer in self.layers: x = layer(x)`."""
        row = self._modules.get(_last(over)[1])
        if row is None or not isinstance(target, ast.Name):
            self._found.say("The “for” in forward is not followed; it is read once", line)
            self._body([ast.Assign(targets=[target], value=value, lineno=line)])
            return
        self._used.add(_last(over)[1])
        for part in row.parts:
            self._modules[name] = _Row((part,))
            self._used.add(name)
            self._values[target.id] = self._flow(value)

    def _flow(self, node: ast.expr) -> int | None:
        """The layer whose output an expression is; None for what comes from outside or is not a tensor."""
        match node:
            case ast.Name(id=name):
                return self._values.get(name)
            case ast.BinOp(left=left, op=op, right=right):
                return self._joined(op, self._flow(left), self._flow(right))
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                return self._flow(inner)  # self.lstm(x)[0]
            case ast.Tuple(elts=[first, *rest]) | ast.List(elts=[first, *rest]):
                for item in rest:
                    self._flow(item)
                return self._flow(first)
        return None

    def _joined(self, op: ast.operator, a: int | None, b: int | None) -> int | None:
        kind = layer_type(_JOINED.get(type(op), ""))
        if kind is None or a is None or b is None:
            if (a is None) != (b is None) and type(op) in _JOINED:
                self._found.say("A sum with what comes from outside is left out: link it by hand")
            return a if a is not None else b
        number = self._found.add(Part(kind, {}))
        self._found.wires += [Wire(a, number, 0), Wire(b, number, 1)]
        return number

    def _call(self, node: ast.Call) -> int | None:
        prefix, last = _last(node.func)
        if last in self._modules and prefix in ("self", ""):
            self._used.add(last)
            return self._through(self._modules[last].parts, node.args)
        if last in ("cat", "concat", "concatenate", "stack") and node.args:
            return self._concatenated(node, "Stack" if last == "stack" else "Concatenate")
        if last == "Sequential" or (last and layer_type(last) is not None):
            return None  # made here and thrown away
        if not last and isinstance(node.func, ast.Call):
            return self._call_of_call(node.func, node.args)  # nn.ReLU()(x)
        if isinstance(node.func, ast.Attribute) and not (prefix in ("torch", "F") or prefix.endswith("functional")):
            return self._method(node, node.func)
        arguments = [self._flow(argument) for argument in node.args]
        flowing = next((number for number in arguments if number is not None), None)
        return self._function(last, node, node.args[1:], flowing)

    def _call_of_call(self, inner: ast.Call, arguments: Sequence[ast.expr]) -> int | None:
        kind = layer_type(_last(inner.func)[1])
        if kind is None:
            return None
        return self._through((_part(self._found, kind, inner, self._known, "", inner.lineno),), arguments)

    def _method(self, node: ast.Call, function: ast.Attribute) -> int | None:
        """x.view(...), x.relu(), self.block.forward(x)."""
        flowing = self._flow(function.value)
        if function.attr in ("view", "reshape") and flowing is not None:
            return self._reshaped(node, flowing)
        if function.attr in ("size", "shape", "dim", "contiguous", "to", "float", "detach", "type", "clone"):
            return flowing
        return self._function(function.attr, node, node.args, flowing)

    def _reshaped(self, node: ast.Call, flowing: int) -> int:
        """x.view(x.size(0), -1) and the like flatten; other shapes are a Reshape where they are numbers."""
        items = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.Tuple) else node.args
        shape: list[Value] = []
        for item in items[1:]:
            try:
                shape.append(_value(item, self._known))
            except _Unknown:
                shape.append(-1)
        flat, reshape = layer_type("Flatten"), layer_type("Reshape")
        assert flat is not None
        part = Part(flat, {})
        if len(shape) > 1 and reshape is not None and all(isinstance(side, int) for side in shape):
            part = Part(reshape, {"shape": shape})  # type: ignore[dict-item]
        number = self._found.add(part)
        self._found.wires.append(Wire(flowing, number))
        return number

    def _function(self, name: str, node: ast.Call, rest: Sequence[ast.expr], flowing: int | None) -> int | None:
        """F.relu(x), torch.flatten(x, 1): the layer of the same name, if there is one."""
        kind = _like_function(name)
        if kind is None:
            if flowing is not None:
                self._found.say(f"{name or 'A call'}() is not among the layers here and left out", node.lineno)
            return flowing
        call = ast.Call(func=node.func, args=list(rest), keywords=[k for k in node.keywords if k.arg != "training"])
        return self._after(flowing, _part(self._found, kind, call, self._known, "", node.lineno))

    def _concatenated(self, node: ast.Call, type_name: str) -> int | None:
        kind = layer_type(type_name)
        items = node.args[0].elts if isinstance(node.args[0], ast.Tuple | ast.List) else [node.args[0]]
        sources = [self._flow(item) for item in items]
        inside = [number for number in sources if number is not None]
        if kind is None or len(inside) < 2:
            return inside[0] if inside else None
        call = ast.Call(func=node.func, args=[], keywords=[k for k in node.keywords if k.arg == "dim"])
        if len(node.args) > 1:
            call.keywords.append(ast.keyword(arg="dim", value=node.args[1]))
        part = _part(self._found, kind, call, self._known, "", node.lineno)
        if len(inside) != 2:
            part = Part(kind, {**part.attributes, "count": len(inside)})
        number = self._found.add(part)
        self._found.wires += [Wire(source, number, port) for port, source in enumerate(inside)]
        return number

    def _through(self, parts: Sequence[Part], arguments: Sequence[ast.expr]) -> int | None:
        """Through a row of layers; further arguments go into further inputs of the first."""
        sources = [self._flow(argument) for argument in arguments]
        flowing: int | None = None
        for position, part in enumerate(parts):
            number = self._found.add(part)
            feeding = sources if position == 0 else [flowing]
            for port, source in enumerate(feeding):
                if source is not None and port < max(1, len(part.kind.inputs)):
                    self._found.wires.append(Wire(source, number, port))
            flowing = number
        return flowing if parts else (sources[0] if sources else None)

    def _after(self, flowing: int | None, part: Part) -> int:
        number = self._found.add(part)
        if flowing is not None:
            self._found.wires.append(Wire(flowing, number))
        return number


def _like_function(name: str) -> type[Layer] | None:
    """relu -> ReLU, max_pool2d -> MaxPool2d, log_softmax -> LogSoftmax."""
    plain = name.replace("_", "").lower()
    return next((kind for kind in layers() if kind.type_name().lower() == plain and kind.inputs), None)


def _parsed(text: str, found: TorchText) -> ast.Module | None:
    """The code as a tree. Text that is none as a whole is tried as the inside of a list, then line by line."""
    if _depth(text) > _DEEPEST or re.search(r"(?:[-+~]\s*){90}|(?:\bnot\s+){90}", text):
        found.say("The text is nested too deeply to be read")
        return None
    code = textwrap.dedent(text).strip()
    for attempt in (code, f"[\n{code}\n]", f"[\n{code.rstrip(',')}\n]"):
        tree = _tree(attempt)
        if tree is not None:
            return tree
    body: list[ast.stmt] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip().rstrip(",")
        if not line:
            continue
        tree = _tree(line)
        if tree is None:
            found.say(f"“{line[:40]}” can't be read", number)
            continue
        for statement in tree.body:
            ast.increment_lineno(statement, number - 1)
        body += tree.body
    return ast.Module(body=body, type_ignores=[])


def _tree(code: str) -> ast.Module | None:
    """Code as a tree, None when it is none. Python's own warnings about it are not for our terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError):
            return None


def _depth(text: str) -> int:
    """How deep brackets are nested."""
    depth = deepest = 0
    for letter in text:
        if letter in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}":
            depth = max(0, depth - 1)
    return deepest
