"""Collects the nodes, constants and inputs of one ONNX graph under names that never clash."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_FOREIGN = {("com.microsoft", "Tokenizer"): (TensorProto.STRING, ["N", "tokens"])}
"""What operators outside the standard give; onnx's shape inference crashes on a LabelEncoder behind an unknown type."""


class OnnxWriter:
    """Builds one graph. Values are strings (ONNX value names); what adds something returns the value's name.

    `scope` prefixes node names with the drawn node they come from ("conv1/Conv_2"). Opset is that of ai.onnx.
    """

    def __init__(self, opset: int = 20) -> None:
        self.opset = opset
        self.scope = ""
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.infos: list[onnx.ValueInfoProto] = []
        self.domains: dict[str, int] = {"": opset}
        self.shared: dict[int, str] = {}
        """Names of what several nodes use, by the id of the thing; kept by whoever writes it."""
        self._names: set[str] = set()
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def name(self, stem: str) -> str:
        """A value name that is free: the stem, or stem_2, stem_3, ..."""
        candidate, number = stem, 2
        while candidate in self._names:
            candidate, number = f"{stem}_{number}", number + 1
        self._names.add(candidate)
        return candidate

    def constant(self, value: Any, dtype: Any = None, stem: str = "constant") -> str:
        """An initializer; equal ones are shared. Strings become a STRING tensor."""
        array = np.asarray(value, dtype=dtype)
        if array.dtype.kind in "UO":
            name = self.name(stem)
            strings = [str(item).encode() for item in array.ravel()]
            self.initializers.append(helper.make_tensor(name, TensorProto.STRING, array.shape, strings))
            return name
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= 16 else None
        if key is not None and key in self._constants:
            return self._constants[key]
        name = self.name(stem)
        # np.ascontiguousarray would give a number a dimension
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        if key is not None:
            self._constants[key] = name
        return name

    def add(
        self, op: str, inputs: Sequence[str], *, outputs: int = 1, domain: str = "", stem: str = "", **attributes: Any
    ) -> Any:
        """Add a node. Returns the output's name, a tuple of names when `outputs` is above 1. "" is a missing input."""
        names = tuple(self.name(f"{self.scope or 'net'}/{stem or op}") for _ in range(outputs))
        node = helper.make_node(op, list(inputs), list(names), name=names[0], domain=domain, **attributes)
        self.nodes.append(node)
        if (domain, op) in _FOREIGN:
            dtype, (batch, free) = _FOREIGN[(domain, op)]
            # onnxruntime takes sizes of one name to be equal, and uses the same memory for both.
            self.infos.append(helper.make_tensor_value_info(names[0], dtype, [batch, f"{free} of {names[0]}"]))
        if domain:
            self.domains.setdefault(domain, {"ai.onnx.ml": 3, "com.microsoft": 1}.get(domain, 1))
        return names[0] if outputs == 1 else names

    def size(self, value: str, axis: int) -> str:
        """The size of one axis at run time, int64 with one dimension."""
        if self.opset >= 15:
            name: str = self.add("Shape", [value], start=axis, end=axis + 1)
            return name
        name = self.add("Gather", [self.add("Shape", [value]), self.constant([axis], np.int64)])
        return name

    def choose(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str], dtype: int) -> str:
        """A value worked out one way or the other at run time (If); each way adds its nodes and returns a value."""
        outer, branches = self.nodes, []
        for label, way in (("then", then), ("otherwise", otherwise)):
            self.nodes = []
            name = self.name(f"{self.scope or 'net'}/{label}")
            self.nodes.append(helper.make_node("Identity", [way()], [name], name=name))
            output = helper.make_tensor_value_info(name, dtype, None)
            branches.append(helper.make_graph(self.nodes, label, [], [output]))
        self.nodes = outer
        value: str = self.add("If", [condition], then_branch=branches[0], else_branch=branches[1])
        return value

    def scan(
        self,
        step: Callable[..., tuple[Sequence[str], Sequence[str]]],
        states: Sequence[str],
        sequences: Sequence[str],
        *,
        backwards: bool = False,
    ) -> tuple[str, ...]:
        """Values carried through all steps of sequences, whose first axis is the step (Scan); float32 all.

        `step` is given a value for each state and each sequence, adds its nodes, and returns the next states and what
        each step gives. Returns the last states and, a step an entry of the first axis, what the steps gave.
        """
        outer, self.nodes = self.nodes, []
        given = [self.name(f"{self.scope or 'net'}/step_in") for _ in (*states, *sequences)]
        following, shown = step(*given)
        ends = []
        for value in (*following, *shown):
            ends.append(self.name(f"{self.scope or 'net'}/step_out"))
            self.nodes.append(helper.make_node("Identity", [value], [ends[-1]], name=ends[-1]))
        inputs, outputs = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names] for names in (given, ends)
        )
        body = helper.make_graph(self.nodes, "step", inputs, outputs)
        self.nodes = outer
        way = int(backwards)
        values = self.add(
            "Scan",
            [*states, *sequences],
            outputs=len(ends),
            body=body,
            num_scan_inputs=len(sequences),
            scan_input_directions=[way] * len(sequences),
            scan_output_directions=[way] * len(shown),
        )
        return values if isinstance(values, tuple) else (values,)

    def loop(
        self, step: Callable[..., tuple[str, Sequence[str]]], states: Sequence[str], dtype: int = TensorProto.INT64
    ) -> tuple[str, ...]:
        """Values carried round as long as `step` says so (Loop): given a value for each state it adds its nodes and
        returns whether to go on (bool) and the next states. One round is always run. Returns the last states.
        """
        outer, self.nodes = self.nodes, []
        stem = self.scope or "net"
        given = [self.name(f"{stem}/round_in") for _ in states]
        number, before = self.name(f"{stem}/round"), self.name(f"{stem}/go_on")
        more, following = step(*given)
        ends = []
        for value in (more, *following):
            ends.append(self.name(f"{stem}/round_out"))
            self.nodes.append(helper.make_node("Identity", [value], [ends[-1]], name=ends[-1]))
        inputs = [
            helper.make_tensor_value_info(number, TensorProto.INT64, []),
            helper.make_tensor_value_info(before, TensorProto.BOOL, []),
            *(helper.make_tensor_value_info(name, dtype, None) for name in given),
        ]
        outputs = [
            helper.make_tensor_value_info(ends[0], TensorProto.BOOL, []),
            *(helper.make_tensor_value_info(name, dtype, None) for name in ends[1:]),
        ]
        body = helper.make_graph(self.nodes, "round", inputs, outputs)
        self.nodes = outer
        values = self.add("Loop", ["", self.constant(True, np.bool_), *states], outputs=len(states), body=body)
        return values if isinstance(values, tuple) else (values,)

    def input(self, name: str, dtype: int, shape: Sequence[int | str | None]) -> str:
        """Declare a graph input (`dtype` from TensorProto; text in the shape names a free dimension)."""
        name = self.name(name)
        self.inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return name

    def output(self, value: str, name: str, dtype: int, shape: Sequence[int | str | None]) -> str:
        """Make a value a graph output under a name of its own."""
        name = self.name(name)
        self.nodes.append(helper.make_node("Identity", [value], [name], name=f"output/{name}"))
        self.outputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        return name

    def model(self, name: str = "netwright", ir_version: int = 10) -> onnx.ModelProto:
        """The finished model."""
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.initializers, value_info=self.infos)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.domains.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version, producer_name="Netwright")
