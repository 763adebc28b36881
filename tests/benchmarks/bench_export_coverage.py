"""How much of the catalog exports: layers written in ONNX whose answers in onnxruntime are torch's, opset by opset.

Run it alone: `python tests/benchmarks/bench_export_coverage.py`. Every case of every layer (settings, shapes, kinds of
number) is built, given weights as after training, written, checked by the standard's checker and asked at three batch
sizes and lengths. What is counted as not exported is refused with a reason, which is printed.
"""

import sys
import warnings
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit/deployment"))

import torch
from test_layers_in_onnx import IN_ONNX, cases, check, layer_of, specs_of, trained_module, written

from engine.catalog import registry
from engine.catalog.as_json import catalog_counts
from engine.deployment.opsets import OPSETS, needed_opset

_WORST = 1e-5


def main() -> None:
    """Print the figures."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    total = catalog_counts()
    without = [layer for layer in registry.layers() if not (layer.onnx.op or layer.onnx.rule)]
    losses = set(registry.losses())
    without = [layer for layer in without if layer not in losses and not layer.onnx.why.startswith("Losses")]
    print(f"catalog: {total}")
    for layer in without:
        print(f"  no ONNX form: {layer.type_name()}: {layer.onnx.why}")
    tried, agreed, worst = 0, 0, 0.0
    failing: dict[str, str] = {}
    for name in IN_ONNX:
        for case in cases(name):
            tried += 1
            difference = check(case, 20)
            worst = max(worst, difference)
            if difference <= _WORST:
                agreed += 1
            else:
                failing[name] = f"{difference:.1e}"
    print(f"opset 20: {len(IN_ONNX)} layers, {tried} cases, {agreed} agree with torch, largest difference {worst:.1e}")
    for name, what in failing.items():
        print(f"  differs: {name} {what}")
    for opset in OPSETS:
        if opset == 20:
            continue
        good, later = 0, defaultdict(list)
        for name in IN_ONNX:
            case = next(cases(name))
            model = written(case, trained_module(layer_of(case), specs_of(case)), opset)
            needed = needed_opset(model.graph.node)
            if needed > opset:
                later[needed].append(name)
            elif check(case, opset) <= _WORST:
                good += 1
        told = "; ".join(f"from {needed}: {', '.join(names)}" for needed, names in sorted(later.items()))
        print(f"opset {opset}: {good} of {len(IN_ONNX)} layers agree" + (f" ({told})" if told else ""))


if __name__ == "__main__":
    main()
