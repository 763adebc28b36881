"""`python predict.py VALUE...` answers; `python predict.py --check` compares with the golden samples."""

import argparse
import json
import sys

import numpy as np
from torch_model import TorchModel


def plain(value):
    """JSON of an answer."""
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= 10_000 else {"shape": list(value.shape)}
    return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def main():
    parser = argparse.ArgumentParser(description="Answers through PyTorch.")
    parser.add_argument("values", nargs="*", help="a value an input, or NAME=VALUE")
    parser.add_argument("--weights", default="weights.safetensors", help="for weights of your own, from train.py")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--check", action="store_true", help="ask for the golden samples and compare")
    options = parser.parse_args()
    model = TorchModel(weights=options.weights)
    if options.check:
        right, count, largest = model.check()
        print(json.dumps({"right": right, "samples": count, "largest_difference": largest}))
        return 0 if right == count else 1
    names = [item["name"] for item in model.asked]
    values = {}
    for place, value in enumerate(options.values):
        name, mark, rest = value.partition("=")
        if mark and name in names:
            values[name] = rest
        elif place < len(names):
            values[names[place]] = value
    print(json.dumps(plain(model.predict(values, seed=options.seed)), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
