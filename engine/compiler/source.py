"""Project -> a PyTorch file as a person would have written it: same outputs with the same weights, no import of us."""

import inspect
import keyword
import math
import re
import sys
from collections.abc import Iterable
from typing import Any

from torch import nn

from engine.catalog.layers.data import Noise
from engine.catalog.layers.foreign import OnnxOperator
from engine.catalog.layers.own_code import PyTorch
from engine.catalog.tensors import TensorSpec
from engine.checks.inference import ShapeChecker
from engine.compiler import modules
from engine.compiler.build import WEIGHT_FORMS, module_class
from engine.compiler.generated import RESERVED, identifier, literal, module_names
from engine.compiler.module import build, sorted_calls
from engine.compiler.modules.shifting import shift_right
from engine.compiler.operations import OPERATIONS
from engine.compiler.plan import Call, Plan, Value, plan
from engine.document.project import Project
from engine.errors import GraphError

_WIDTH = 100
_TAKEN = RESERVED | set(keyword.softkwlist) | {"torch", "nn", "math", "Tensor", "self", "x", "F", "hidden"}


def source_code(project: Project, checker: ShapeChecker | None = None) -> str:
    """The file. Raises GraphError or ProjectError with the words of the first problem when the project has errors."""
    checker = checker or ShapeChecker(project)
    steps = plan(project, checker, training=False)
    for call in steps.calls:
        if isinstance(call.layer, OnnxOperator):
            raise GraphError(
                f"ONNX operator '{call.node.id}' ({call.layer.operator[:60]}) cannot be written as PyTorch code.",
                where=call.node.id,
                expected="layers of the catalog",
                found=call.layer.operator[:60],
                hint="Replace it by layers that do the same. The network can be exported to ONNX as it is.",
            )
    return _File(project, steps).text()


def _plain(text: str) -> str:
    """Text that a person typed, made harmless for a docstring: no quotes, backslashes or control characters."""
    return "".join(c if c.isprintable() and c not in '\\"' else " " for c in text).strip()[:80]


def class_name(project_name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", project_name[:60])
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() and name not in modules.BY_NAME and not keyword.iskeyword(name) else "Network"


class _File:
    """One file being written."""

    def __init__(self, project: Project, steps: Plan) -> None:
        self.steps = steps
        self.title = _plain(project.name) or "Network"
        self.class_name = class_name(project.name)
        self.calls = _depth_first(steps)
        self.module_names = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
        self.classes = {call.node.id: module_class(call.layer) for call in steps.calls}
        self.used: set[str] = set(_TAKEN)
        self.names: dict[Value, str] = {}
        given = (*steps.input_ids, *steps.noise_ids)
        self.inputs = [self._input_name(node_id) for node_id in given]
        for node_id, name in zip(given, self.inputs, strict=True):
            self.names[(node_id, "output")] = name

    def text(self) -> str:
        """All of it."""
        body = [*self._network()]
        helpers = self._helpers()
        joined = "\n".join([*helpers, *body])
        imports = ["import math", ""] if re.search(r"\bmath\.", joined) else []
        from_torch = "from torch import Tensor, nn" if "Tensor" in joined else "from torch import nn"
        imports += ["import torch"] if re.search(r"\btorch\.", joined) else []
        imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", joined) else []
        own = self._own()
        return "\n".join([*self._header(), "", *imports, from_torch, *own, "", "", *helpers, *body]) + "\n"

    def _own(self) -> list[str]:
        """Imports of the layers that the user wrote, from files that lie in the project."""
        layers = [call.layer for call in self.calls if isinstance(call.layer, PyTorch)]
        places = sorted({(layer.file.removesuffix(".py").replace("/", "."), layer.class_name) for layer in layers})
        lines = [f"from {module} import {name}" for module, name in places]
        return ["", "# The folder layers of the project has to lie beside this file.", *lines] if lines else []

    def _header(self) -> list[str]:
        lines = [
            f'"""{self.title}',
            "",
            "With the weights of a run, which lie in runs/NNNN/checkpoints/best-NNNNNN of the project:",
            "",
            "    from safetensors.torch import load_file",
            "",
            f"    model = {self.class_name}()",
            '    model.load_state_dict(load_file("weights.safetensors"))',
            "    model.eval()",
            f"    answer = model({', '.join(self.inputs)})",
            "",
            "Input, prepared as in training:" if len(self.inputs) == 1 else "Inputs, prepared as in training:",
        ]
        for node_id, name in zip(self.steps.input_ids, self.inputs, strict=False):
            fields = ", ".join(_plain(field) for field in self.steps.input_fields[node_id])
            lines.append(f"    {name}: {_described(self.steps.specs.get((node_id, 'output')))}, {fields}")
        for node_id, name in zip(self.steps.noise_ids, self.inputs[len(self.steps.input_ids) :], strict=True):
            drawn = _drawn(self.steps.noises[node_id])
            lines.append(f"    {name}: {_described(self.steps.specs.get((node_id, 'output')))}, random: {drawn}")
        lines.append("Output:" if len(self.steps.predictions) == 1 else "Outputs:")
        for node_id, value in self.steps.predictions.items():
            field = _plain(self.steps.output_fields[node_id])
            lines.append(f"    {_described(self.steps.specs.get(value))}, {field}")
        if self.steps.losses:
            kinds = ", ".join(dict.fromkeys(call.layer.type_name() for call in self.steps.losses))
            lines.append(f"Loss in training: {kinds}")
        return [*lines, '"""']

    def _helpers(self) -> list[str]:
        """Source of the modules that torch.nn lacks, each once, after what it stands on."""
        found: dict[object, str] = {}
        if any(node_id in self.steps.input_shifts for node_id in self.steps.input_ids):
            _copy(shift_right, found)
        for call in self._built():
            if _is_copied(call, self.classes[call.node.id]):
                _copy(self.classes[call.node.id], found)
            form = call.layer.weight_form()
            if form is not None:
                _copy(WEIGHT_FORMS[form[0]], found)
        return [line for source in found.values() for line in (*source.splitlines(), "", "")]

    def _network(self) -> list[str]:
        init = [*self._init()]
        forward = [*self._forward()]
        lines = [f"class {self.class_name}(nn.Module):", f'    """{self.title}."""', ""]
        if init:
            lines += ["    def __init__(self) -> None:", "        super().__init__()"]
            lines += [f"        {line}" for line in init]
            lines += [""]
        several = len(self.steps.predictions) != 1
        answer = "tuple[Tensor, ...]" if several else "Tensor"
        arguments = ", ".join(["self", *(f"{name}: Tensor" for name in self.inputs)])
        lines += [f"    def forward({arguments}) -> {answer}:"]
        return lines + [f"        {line}" for line in forward]

    def _init(self) -> Iterable[str]:
        in_use = {call.node.id for call in self.steps.prediction_calls}
        frozen = []
        written: set[str] = set()
        for call in self._built():
            made_of = self.classes[call.node.id]
            name = self.module_names[call.owner]
            if made_of in OPERATIONS or name in written:
                continue
            written.add(name)
            copied = _is_copied(call, made_of)
            prefix = "" if copied else "nn."
            if isinstance(call.layer, PyTorch):
                settings = call.layer.arguments(*call.specs)
                line = f"{call.layer.class_name}({', '.join(f'{key}={value!r}' for key, value in settings.items())})"
            else:
                line = f"{prefix}{made_of.__name__}({_arguments(call, made_of, copied=copied)})"
            line = f"self.{name} = {_with_form(call, line)}"
            if call.node.id not in in_use:
                line += "  # for a loss of the training alone"
            yield from _wrapped(line)
            if call.node.frozen:
                frozen.append(name)
        for name in frozen:
            yield f"self.{name}.requires_grad_(False)"

    def _built(self) -> list[Call]:
        """The calls whose modules are built, in order: as they are read, but by id where some are for training alone.

        Of these a file with weights holds the weights too, so they are built; those without any are left out.
        """
        if len(self.calls) == len(self.steps.calls):
            return self.calls
        answering = {call.node.id for call in self.calls}
        return [
            call for call in sorted_calls(self.steps.calls) if call.node.id in answering or build(call).state_dict()
        ]

    def _forward(self) -> Iterable[str]:
        predictions = list(self.steps.predictions.values())
        uses: dict[Value, list[int]] = {}
        for place, call in enumerate(self.calls):
            for value in call.inputs:
                if value is not None:
                    uses.setdefault(value, []).append(place)
        for value in predictions:
            uses.setdefault(value, []).append(len(self.calls))
        statements: list[tuple[str, str]] = []
        for node_id, name in zip(self.steps.input_ids, self.inputs, strict=False):
            if node_id in self.steps.input_shifts:
                count, begin = self.steps.input_shifts[node_id]
                moved = self._free(f"{name}_moved")
                self.names[(node_id, "output")] = moved
                statements.append((moved, f"shift_right({name}, {literal(count)}, begin={literal(begin)})"))
        for place, call in enumerate(self.calls):
            inputs = [self.names[value] if value is not None else "None" for value in call.inputs]
            before, written = self._written(call, inputs)
            for value in call.outputs:
                following = uses.get(value, [])
                alone = len(call.outputs) == 1 and all(use == place + 1 for use in following)
                self.names[value] = "x" if alone else self._free(_port_name(value))
            statements += before
            statements.append((", ".join(self.names[value] for value in call.outputs), written))
        shown = [self.names[value] for value in predictions]
        result = shown[0] if len(shown) == 1 else f"({', '.join(shown)})"
        if statements and len(shown) == 1 and statements[-1][0] == result:
            *statements, (_, result) = statements
        for target, written in statements:
            yield from _wrapped(f"{target} = {written}")
        yield from _wrapped(f"return {result}")

    def _written(self, call: Call, x: list[str]) -> tuple[list[tuple[str, str]], str]:
        """Assignments that come first, and the expression for the call's output."""
        module_class = self.classes[call.node.id]
        if module_class in OPERATIONS:
            return [], OPERATIONS[module_class](build(call), x, "torch.")
        name = f"self.{self.module_names[call.owner]}"
        values = call.layer.values()
        if _is_copied(call, module_class):
            return [], f"{name}({', '.join(x)})"
        if module_class is modules.MultiheadAttention:
            query, key, value = (x + x[-1:] * 2)[:3]
            return [], f"{name}({query}, {key}, {value}, need_weights=False)[0]"
        if issubclass(module_class, nn.RNNBase):
            if values["result"] == "sequence":
                return [], f"{name}({x[0]})[0]"
            states = "hidden, _" if module_class is modules.LSTM else "hidden"
            first = (f"_, ({states})" if "," in states else f"_, {states}", f"{name}({x[0]})")
            return [first], "torch.cat((hidden[-2], hidden[-1]), dim=1)" if values["bidirectional"] else "hidden[-1]"
        return [], f"{name}({', '.join(x)})"

    def _free(self, name: str) -> str:
        while name in self.used:
            name += "_"
        self.used.add(name)
        return name

    def _input_name(self, node_id: str) -> str:
        """A single field gives its name to the argument, if it can be one; else the node does."""
        fields = self.steps.input_fields.get(node_id, ())
        words = re.sub(r"[^a-z0-9]+", "_", fields[0].lower()).strip("_") if len(fields) == 1 else ""
        return self._free(words if re.match(r"[a-z][a-z0-9_]{0,30}\Z", words) else identifier(node_id))


def _port_name(value: Value) -> str:
    return identifier(value[0]) if value[1] == "output" else f"{identifier(value[0])}_{identifier(value[1])}"


def _drawn(layer: Noise) -> str:
    """How torch draws these random numbers, N being the number of samples."""
    sizes = ", ".join(literal(size) for size in layer.size)
    if layer.distribution == "uniform":
        spread = math.sqrt(3.0) * layer.std
        return f"torch.rand(N, {sizes}) * {literal(2 * spread)} - {literal(spread)}"
    return f"torch.randn(N, {sizes})" + ("" if layer.std == 1.0 else f" * {literal(layer.std)}")


def _described(spec: TensorSpec | None) -> str:
    return "any shape" if spec is None else f"{spec.dtype.value} {spec}"


def _depth_first(steps: Plan) -> list[Call]:
    """The calls that predictions need, each branch in one piece, as one reads them."""
    by_value = {value: call for call in steps.prediction_calls for value in call.outputs}
    done: dict[str, Call] = {}
    for end in steps.predictions.values():
        waiting: list[tuple[Value, bool]] = [(end, False)]
        while waiting:
            value, ready = waiting.pop()
            call = by_value.get(value)
            if call is None or call.node.id in done:
                continue
            if ready:
                done[call.node.id] = call
                continue
            waiting.append((value, True))
            waiting.extend((item, False) for item in reversed(call.inputs) if item is not None)
    return list(done.values())


def _is_copied(call: Call, module_class: type[nn.Module]) -> bool:
    """Whether the module's source has to stand in the file: it is not torch's, nor used as torch's is."""
    if not module_class.__module__.startswith(modules.__name__) or module_class in OPERATIONS:
        return False
    more = len(call.outputs) > 1 or None in call.inputs or call.layer.values().get("causal", False)
    return bool(more) or len(call.inputs) > _AS_TORCHS.get(module_class.__name__, 0)


_AS_TORCHS = {
    **dict.fromkeys(("RNN", "GRU", "LSTM", "TransformerEncoderLayer", "EmbeddingBag"), 1),
    **dict.fromkeys(("TransformerDecoderLayer", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"), 2),
    "MultiheadAttention": 3,
}
"""Modules of ours that are torch's of that name as long as they are given so many inputs and no settings of ours."""


def _copy(item: Any, found: dict[object, str]) -> None:
    """Add the source of a class or function of ours to `found`, behind that of all of ours that it names."""
    if item in found or not getattr(item, "__module__", "").startswith(modules.__name__):
        return
    text = inspect.getsource(item).rstrip()
    around = vars(sys.modules[item.__module__])
    for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", text)):
        other = around.get(name)
        if other is not item and (inspect.isclass(other) or inspect.isfunction(other)):
            _copy(other, found)
    found[item] = text


def _with_form(call: Call, built: str) -> str:
    """The built module passed through what keeps its weight in another form."""
    form = call.layer.weight_form()
    if form is None:
        return built
    name, settings = form
    ours = WEIGHT_FORMS[name].__module__.startswith(modules.__name__)
    given = "".join(f", {identifier(key)}={literal(value)}" for key, value in settings.items())
    return f"{'' if ours else 'nn.utils.parametrizations.'}{name}({built}{given})"


def _arguments(call: Call, module_class: type[nn.Module], *, copied: bool) -> str:
    """Constructor arguments: those without a default by place, the rest by name where they differ from the default."""
    given = dict(call.layer.arguments(*call.specs))
    written = module_class if copied else getattr(nn, module_class.__name__)
    defaults = {name: parameter.default for name, parameter in inspect.signature(written).parameters.items()}
    if issubclass(module_class, nn.RNNBase):  # their own signature hides behind *args, **kwargs
        base = inspect.signature(nn.RNNBase).parameters
        ours = {name: default for name, default in defaults.items() if name in given}
        defaults = {name: base[name].default for name in base if name in given} | {"nonlinearity": "tanh"} | ours
    if not copied:
        given = {name: value for name, value in given.items() if name in defaults}
    if issubclass(module_class, nn.MultiheadAttention):
        for name in ("kdim", "vdim"):
            if given[name] == given["embed_dim"]:
                del given[name]
    parts: list[str] = []
    by_place = True
    for name, default in defaults.items():
        if name not in given:
            by_place = False
            continue
        value = given.pop(name)
        if default is not inspect.Parameter.empty and _same(default, value):
            by_place = False
            continue
        by_place = by_place and default is inspect.Parameter.empty
        if name == "normalized_shape" and len(value) == 1:
            value = value[0]
        parts.append(literal(value) if by_place else f"{identifier(name)}={literal(value)}")
    parts += [f"{identifier(name)}={literal(value)}" for name, value in given.items()]
    return ", ".join(parts)


def _same(default: object, value: object) -> bool:
    return type(default) is type(value) and default == value


def _wrapped(line: str) -> list[str]:
    """A long call on three lines, its arguments on the middle one."""
    code, mark, comment = line.partition("  # ")
    if len(line) <= _WIDTH - 8 or not code.endswith(")") or "(" not in code:
        return [line]
    head, _, rest = code.partition("(")
    return [f"{head}({'  # ' + comment if mark else ''}", f"    {rest[:-1]}", ")"]
