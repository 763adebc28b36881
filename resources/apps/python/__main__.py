"""Command line: values in, answers out. `--check` compares with the golden samples, `--csv` answers a table."""

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

from . import InputError, load


def main():
    model = load()
    names = [item["name"] for item in model.asked]
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description=f"Inputs: {', '.join(names) or 'none'}"
    )
    parser.add_argument("values", nargs="*", help="a value an input, or NAME=VALUE; a folder of pictures or recordings")
    parser.add_argument("--csv", metavar="FILE", help="answer each row of a table whose columns are the inputs")
    parser.add_argument("--seed", type=int, default=None, help="the same seed draws the same")
    parser.add_argument("--temperature", type=float, default=None, help="texts: 0 the likeliest words, 1 the boldest")
    parser.add_argument("--save", metavar="FOLDER", help="pictures and masks are written there, as PNG")
    parser.add_argument("--check", action="store_true", help="ask for the golden samples and compare")
    options = parser.parse_args()
    if options.check:
        right, count, largest = model.check()
        print(json.dumps({"right": right, "samples": count, "largest_difference": largest}))
        return 0 if right == count else 1
    failed = 0
    for place, (name, values) in enumerate(questions(model, options, names)):
        try:
            answers = model.predict(values, seed=options.seed, temperature=options.temperature)
        except InputError as error:
            failed += 1
            print(json.dumps({"input": name, "problem": str(error)}, ensure_ascii=False))
            continue
        print(json.dumps({"input": name, **plain(answers, options.save, place)}, ensure_ascii=False))
    return 1 if failed else 0


def questions(model, options, names):
    """(what to call it, values by name) for each sample."""
    if options.csv:
        with Path(options.csv).open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                yield f"line {number}", {name: row[name] for name in names if name in row}
        return
    if len(names) == 1 and not options.values:
        for line in sys.stdin:
            yield line.rstrip("\n"), {names[0]: line.rstrip("\n")}
        return
    if len(names) == 1:
        for value in options.values:
            path = Path(value)
            if model.asked[0]["kind"] in ("image", "audio") and path.is_dir():
                for file in sorted(item for item in path.iterdir() if item.is_file()):
                    yield str(file), {names[0]: str(file)}
            else:
                yield value, {names[0]: value}
        return
    values = {}
    for place, value in enumerate(options.values):
        name, mark, rest = value.partition("=")
        if mark and name in names:
            values[name] = rest
        elif place < len(names):
            values[names[place]] = value
    yield "input", values


def plain(answers, folder, place):
    """Answers as JSON; arrays become files, lists or their shape."""
    found = {}
    for name, answer in answers.items():
        if isinstance(answer, dict) and "mask" in answer:
            found[name] = {"shares": answer["shares"], **saved(answer["mask"], folder, f"{place:04}-mask")}
        elif isinstance(answer, np.ndarray) and answer.dtype == np.uint8:
            found[name] = saved(answer, folder, f"{place:04}-picture")
        elif isinstance(answer, np.ndarray):
            found[name] = answer.tolist() if answer.size <= 10_000 else {"shape": list(answer.shape)}
        else:
            found[name] = answer
    return found


def saved(pixels, folder, stem):
    """Write a picture where a folder is given."""
    if folder is None:
        return {"shape": list(pixels.shape)}
    from PIL import Image

    path = Path(folder) / f"{stem}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels).save(path)
    return {"file": str(path)}


if __name__ == "__main__":
    sys.exit(main())
