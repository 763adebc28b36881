"""What any program needs to know to feed an exported file and to read its answers, as plain JSON: `model.json`."""

import string
from collections.abc import Mapping, Sequence
from typing import Any

from engine.catalog.preparation_text import END, Characters
from engine.data.label_lists import separator_of
from engine.data.tokens import tokens_of
from engine.data.tokens.words import WordTokens
from engine.deployment.answers import THRESHOLD
from engine.deployment.description import NOISE, Description, InputDescription, OutputDescription
from engine.document.data_spec import Field, FieldKind

_CHARACTERS, _PIECES = 200, 60


def contract(description: Description, fields: Mapping[str, Field], title: str) -> dict[str, Any]:
    """Inputs and outputs in the words of `Description`, with what a form needs: choices, rates, ranges, units of time.

    Of an input: name (of the ONNX input), field, kind, dtype, shape, meaning, and by kind `classes`, `separator`,
    `form`, `rate`, `columns`, `minimum`, `maximum`, `distribution`, `std`, `written` (a text as far as it is written).
    Of an output: field, kind, the ONNX outputs `label`, `scores`, `value`, `classes`, `function`, and by kind
    `threshold`, `mean`, `std`, `columns`, `writes` (how a text is written on).
    """
    written = {item.so_far for item in description.outputs if item.so_far}
    return {
        "format": 1,
        "name": title,
        "run": description.run,
        "made_with": f"Netwright {description.version}",
        "precision": description.precision,
        "metrics": description.metrics,
        "inputs": [_input(item, fields.get(item.field), item.field in written) for item in description.inputs],
        "outputs": [_output(item, fields, description) for item in description.outputs],
    }


def _input(item: InputDescription, field: Field | None, written: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": item.name,
        "field": item.field,
        "kind": item.kind,
        "dtype": item.dtype,
        "shape": list(item.shape),
        "meaning": item.meaning,
    }
    if written:
        found["written"] = True
    if item.kind == NOISE:
        return found | {"distribution": item.distribution, "std": item.std}
    if field is None:
        return found
    statistics = field.statistics
    if field.kind in (FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.MASK):
        found["classes"] = list(statistics.classes)
    if field.kind is FieldKind.LABELS:
        found["separator"] = separator_of(field)
    if field.kind is FieldKind.DATE:
        found["form"] = str(field.options.get("form", "year"))
    if field.kind is FieldKind.AUDIO:
        found["rate"] = statistics.rate
    if field.kind is FieldKind.SERIES:
        found["columns"] = _columns(field)
    if field.kind is FieldKind.NUMBER and statistics.minimum and statistics.maximum:
        found["minimum"], found["maximum"] = float(statistics.minimum[0]), float(statistics.maximum[0])
    return found


def _output(item: OutputDescription, fields: Mapping[str, Field], description: Description) -> dict[str, Any]:
    found: dict[str, Any] = {
        "field": item.field,
        "kind": item.kind,
        "label": item.label,
        "scores": item.scores,
        "value": item.value,
        "classes": list(item.classes),
        "function": item.function,
    }
    field = fields.get(item.field)
    if item.kind == FieldKind.LABELS.value:
        found["threshold"] = THRESHOLD
    if item.mean:
        found["mean"], found["std"] = list(item.mean), list(item.std)
    if field is not None and field.kind is FieldKind.SERIES:
        found["columns"] = _columns(field)
    if item.so_far:
        found["writes"] = _writing(item, fields[item.so_far], description.inputs)
    elif item.kind == FieldKind.TEXT.value and item.value and field is not None:
        tokens = tokens_of(field)
        if tokens is not None:  # a text that is answered all at once: the likeliest token at each place
            found["spellings"] = list(tokens.spellings())
            found["writes"] = _pieces(field)
    return found


def _writing(item: OutputDescription, field: Field, inputs: Sequence[InputDescription]) -> dict[str, Any]:
    """How what comes next is put behind a text, again and again.

    `input` takes the text so far. Scores before `first` are marks and never written; the score at `end` (-1: there is
    none) ends the text. No more than `room` units (characters or words) of the end of the text are given; at most
    `most` tokens are written.
    """
    tokens = tokens_of(field)
    assert tokens is not None  # only text with tokens is written on
    room = max(1, tokens.step.token_length - 1)
    usual = _CHARACTERS if isinstance(tokens.step, Characters) else _PIECES
    name = next(given.name for given in inputs if given.field == item.so_far)
    alone = len(inputs) == 1
    return {"input": name, "room": room, "most": usual if alone else room, "goes_on": alone, **_pieces(field)}


def _pieces(field: Field) -> dict[str, Any]:
    tokens = tokens_of(field)
    assert tokens is not None
    words = isinstance(tokens, WordTokens)
    marks = string.punctuation if words else ""
    return {
        "first": tokens.first,
        "end": END if tokens.step.ends else -1,
        "unit": "word" if words else "character",
        "closing": "".join(mark for mark in marks if tokens.joined(["a", mark]) == f"a{mark}"),
        "opening": "".join(mark for mark in marks if tokens.joined([mark, "a"]) == f"{mark}a"),
    }


def _columns(field: Field) -> list[str]:
    columns = field.options.get("columns")
    return [str(name) for name in columns] if isinstance(columns, list | tuple) else []
