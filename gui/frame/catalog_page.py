"""Help on the catalog: a page for each group with every entry in it, and a page for each entry, made from what it
declares."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from engine.catalog import registry
from engine.catalog.entry import Attribute, Entry
from engine.catalog.layer import Layer
from engine.catalog.losses import Loss

Entries = Callable[[], Sequence[type[Entry]]]


def _plain_layers() -> Sequence[type[Entry]]:
    return [item for item in registry.layers() if not issubclass(item, Loss)]


GROUPS: Final[dict[str, tuple[str, Entries]]] = {
    "layers": ("Layers", _plain_layers),
    "losses": ("Losses", registry.losses),
    "optimizers": ("Optimizers", registry.optimizers),
    "wrappers": ("Around an optimizer", registry.wrappers),
    "averages": ("Averages of weights", registry.averages),
    "schedules": ("Schedules", registry.schedules),
    "initializers": ("First weights", registry.initializers),
    "metrics": ("Metrics", registry.metrics),
    "preparation": ("Preparation", registry.preparation),
    "augmentation": ("Augmentation", registry.augmentation),
}
"""Name of a group's page -> its heading and its entries. The page of an entry is "layers.Conv2d"."""

_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")


def page_of(entry: type[Entry]) -> str:
    """The page of an entry; empty where it is in no group."""
    for name, (_, entries) in GROUPS.items():
        if entry in entries():
            return f"{name}.{entry.type_name()}"
    return ""


def markdown(page: str) -> str | None:
    """The page of that name; None where the catalog has none."""
    group, _, name = page.partition(".")
    if group not in GROUPS:
        return None
    title, entries = GROUPS[group]
    if not name:
        return _list(group, title, entries())
    found = next((item for item in entries() if item.type_name() == name), None)
    return None if found is None else _entry(group, title, found)


def _list(group: str, title: str, entries: Sequence[type[Entry]]) -> str:
    lines = [f"# {title}", "", f"{len(entries)} to choose from."]
    family = ""
    for item in entries:
        if issubclass(item, Layer) and item.family.value != family:
            family = item.family.value
            if group == "layers":
                lines += ["", f"## {family.capitalize()}", ""]
        if len(lines) == 3:
            lines.append("")
        lines.append(f"- [{_plain(item.label())}]({group}.{item.type_name()}.md): {_plain(item.help())}")
    return "\n".join(lines)


def _entry(group: str, title: str, item: type[Entry]) -> str:
    lines = [f"# {_plain(item.label())}", "", _plain(item.help()), ""]
    if item.formula:
        lines += [f"`{item.formula}`", ""]
    if item.when:
        lines += [_plain(item.when), ""]
    example = item().example_text() if issubclass(item, Layer) else ""
    if example:
        lines += [f"As it comes, {_plain(example)}.", ""]
    attributes = item.attributes()
    if attributes:
        lines += ["## Settings", "", "| Setting | Preset | What it does |", "|---|---|---|"]
        lines += [f"| {_plain(info.label)} | {_plain(_preset(info))} | {_plain(_about(info))} |" for info in attributes]
        lines.append("")
    if item.details():
        blocks = [" ".join(block.split()) for block in item.details().split("\n\n")]
        lines += ["## How it works", "", *(f"{_plain(block)}\n" for block in blocks)]
    lines.append(f"[{title}]({group}.md) · in project files: `{item.type_name()}`")
    return "\n".join(lines)


def _preset(info: Attribute) -> str:
    if info.default is None:
        return "none"
    if isinstance(info.default, bool):
        return "on" if info.default else "off"
    if isinstance(info.default, tuple):
        return ", ".join(str(item) for item in info.default) or "none"
    return f"{info.default:g}" if isinstance(info.default, float) else str(info.default) or "empty"


def _about(info: Attribute) -> str:
    """What an attribute does and what it takes, where that does not follow from its kind."""
    told = info.range_text()
    bounded = info.choices or any(bound is not None for bound in (info.minimum, info.maximum, info.above, info.below))
    return f"{info.help} {told[:1].upper()}{told[1:]}." if bounded else info.help


def _plain(text: str) -> str:
    """Text whose signs mean nothing to markdown."""
    return _MARKS.sub(r"\\\1", text)
