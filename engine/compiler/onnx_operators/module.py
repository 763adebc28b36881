"""The module of an OnnxOperator node: an operator of the table with the numbers it holds itself."""

import json
import math
from typing import Any

import torch
from torch import Tensor, nn

from engine.compiler.onnx_operators.dtypes import as_tensor
from engine.compiler.onnx_operators.program import Operator, array_of, attribute_of
from engine.compiler.onnx_operators.running import apply
from engine.compiler.onnx_operators.table import TABLE, known
from engine.errors import GraphError


class OnnxOperator(nn.Module):
    """Takes tensors in the order of its ports; numbers of its own are `input2`, ... after their place.

    `takes` and `gives` are as the catalog says. Numbers that say how and not what (a shape, axes) stay on the CPU.
    Raises GraphError for an operator or a setting that is not known.
    """

    def __init__(self, operator: str, op_domain: str, settings: str, takes: str, gives: str) -> None:
        super().__init__()
        domain = op_domain
        if not known(domain, operator):
            raise GraphError(
                f"The operator '{operator[:60]}'{f' of {domain[:60]}' if domain else ''} is not known here.",
                expected="an operator of ONNX",
                found=operator[:60],
                hint="Replace it by layers that do the same.",
            )
        wanted = json.loads(gives) if gives else []
        self.item = Operator(
            type=operator,
            domain=domain,
            inputs=(),
            outputs=tuple(f"output{place}" for place in range(1, max(len(wanted), 1) + 1)),
            attributes={name: attribute_of(value) for name, value in json.loads(settings).items()},
        )
        self.shown = [place for place, spec in enumerate(wanted) if spec is not None] or [0]
        self.places: list[Any] = []
        self.fixed: dict[int, Any] = {}
        """What stays as the settings say, by place, as arrays."""
        host = TABLE[(domain, operator)].host
        for place, item in enumerate(json.loads(takes)):
            name = f"input{place + 1}"
            if item == "":
                self.places.append(None)
            elif item == "x" or "x" in item:
                self.places.append("")
            elif "tensor" in item:
                self.fixed[place] = array_of(item["tensor"])
                value = as_tensor(self.fixed[place])
                if place in host and isinstance(value, Tensor):
                    self.places.append((value.tolist(),))
                elif isinstance(value, Tensor):
                    self.register_buffer(name, value, persistent=False)
                    self.places.append(name)
                else:
                    self.places.append((value,))
            else:
                kind, shape = item.get("weight") or item["kept"]
                dtype = getattr(torch, str(kind)) if str(kind) in _KINDS else None
                if dtype is None:
                    raise GraphError(f"The operator {operator[:60]} holds numbers of a type that is not known.")
                if "weight" in item:
                    fan = math.prod(shape[1:]) or 1
                    self.register_parameter(name, nn.Parameter((torch.randn(shape) / math.sqrt(fan)).to(dtype)))
                else:
                    self.register_buffer(name, torch.zeros(shape, dtype=dtype))
                self.places.append(name)

    def forward(self, *tensors: Any) -> Any:
        given = iter(tensors)
        inputs = [
            next(given) if place == "" else getattr(self, place) if isinstance(place, str) else place and place[0]
            for place in self.places
        ]
        found = apply(self.item, inputs)
        shown = tuple(found[place] for place in self.shown)
        return shown[0] if len(shown) == 1 else shown

    def extra_repr(self) -> str:
        """The operator's name."""
        return self.item.type


_KINDS = {
    *("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
    *("uint64", "bool", "complex64", "complex128"),
}
