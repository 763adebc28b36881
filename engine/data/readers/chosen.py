"""Some of the files of a folder, when a person dropped several and not the folder itself."""

from collections.abc import Collection, Mapping
from typing import Final

from engine.data.readers.files import FileTree
from engine.document.graph import Value

FILES: Final = "files"
"""Option of a source: the names, directly below its path, that belong to it; without it everything does."""


def names_in(options: Mapping[str, Value]) -> tuple[str, ...]:
    """The names that the options of a source narrow it to, () for all."""
    given = options.get(FILES)
    return tuple(map(str, given)) if isinstance(given, list) else ()


def chosen(tree: FileTree, names: Collection[str]) -> FileTree:
    """The tree with these files and folders alone; all of it when nothing is named."""
    if names:
        wanted = set(names)
        tree.entries = [entry for entry in tree.entries if entry.name.split("/", 1)[0] in wanted]
    return tree
