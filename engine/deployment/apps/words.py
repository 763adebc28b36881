"""Text of README files: names that users chose, made harmless for Markdown, TOML and file names."""

import json
import re
from collections.abc import Mapping
from typing import Any

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_MANY = 40


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", line)


def toml(text: str) -> str:
    """A TOML string with its quotes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def package_name(name: str) -> str:
    """A name that Python can import and pip install: `garments_model`."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not words or words[0].isdigit():
        words = f"net_{words}".rstrip("_")
    return words if words.endswith("model") else f"{words}_model"


def inputs_table(contract: Mapping[str, Any]) -> str:
    """A Markdown table of what the network takes."""
    lines = ["| Input | Kind | What to give |", "|---|---|---|"]
    for item in contract["inputs"]:
        lines.append(f"| {markdown(item['name'])} | {item['kind']} | {markdown(item['meaning'])} |")
    return "\n".join(lines)


def outputs_table(contract: Mapping[str, Any]) -> str:
    """A Markdown table of what the network answers."""
    lines = ["| Answer | Kind | What it is |", "|---|---|---|"]
    for item in contract["outputs"]:
        lines.append(f"| {markdown(item['field'])} | {item['kind']} | {_meant(item)} |")
    return "\n".join(lines)


def _meant(item: Mapping[str, Any]) -> str:
    classes = [markdown(name) for name in item["classes"][:_MANY]]
    listed = ", ".join(classes) + (
        f" and {len(item['classes']) - _MANY:,} more" if len(item["classes"]) > _MANY else ""
    )
    if item.get("writes", {}).get("input"):
        return "text, written token by token"
    if item.get("spellings"):
        return "text"
    if item["kind"] == "labels":
        return f"any of: {listed}; named when the score is above {item['threshold']:g}"
    if item["label"]:
        return f"one of: {listed}; with a score for each, which add up to 1"
    if item["scores"]:
        return f"a class for each point: {listed}"
    if item["kind"] == "number":
        return "a number in its own unit"
    if item.get("mean"):
        return "a picture"
    if item["kind"] == "series":
        return "the values of the moments to come"
    return "numbers"


def example_values(contract: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the first golden sample by name, a file as its path; {} where there is none."""
    samples = expected["samples"]
    if not samples:
        return {}
    asked = {item["name"] for item in contract["inputs"] if item["kind"] != "noise" and not item.get("written")}
    given = samples[0]["inputs"]
    return {name: item.get("file", item.get("value")) for name, item in given.items() if name in asked}


def provenance(contract: Mapping[str, Any]) -> str:
    """Where the network comes from, in a line."""
    scores = ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}"
        for name, value in contract["metrics"].items()
        if not name.startswith("loss")
    )
    told = f" Validation: {markdown(scores)}." if scores else ""
    return f"Made with {markdown(contract['made_with'].strip())} from run {contract['run']}.{told}"
