"""The project folder on disk: project.json as strict, readable JSON; create, load, save and mend it.

One line a node, edge, source and step, defaults left out, names sorted: the same project gives the same bytes, and a
change of one thing is one line in a diff. Read with the standard library's parser, since it takes lone surrogates in
names (which saving must survive) and reports line and column; then converted strictly by msgspec.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from engine.document import history
from engine.document.atomic import megabytes, remove_leftovers, write_atomically
from engine.document.data_spec import DataSpec
from engine.document.graph import Edge, Graph, Node
from engine.document.journal import Journal
from engine.document.json_text import one_line, plain, readable
from engine.document.migrations import CURRENT_VERSION, migrate
from engine.document.project import Project, View
from engine.document.recipe import Recipe
from engine.errors import GraphError, ProjectError

FILE_NAME = "project.json"
MAX_BYTES = 64_000_000
MAX_NODES = 20_000
_MAX_PORT = 64
_RESTORE = "Restore an earlier version of the project."


class _GraphPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    version: int
    name: str
    data: DataSpec = DataSpec()
    graph: _GraphPart = _GraphPart()
    recipe: Recipe = Recipe()
    view: View = View()


# -- the folder ---------------------------------------------------------------------------------------------------


def project_folder(path: str | Path) -> Path:
    """The project folder named by a folder or by its project.json, absolute. Raises ProjectError if it is neither."""
    try:
        given = Path(path).expanduser()
        folder = given.parent if given.name == FILE_NAME and not given.is_dir() else given
        folder = folder.absolute()
        if (folder / FILE_NAME).is_file():
            return folder
        exists, is_folder = folder.exists(), folder.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise ProjectError(f"'{path}' cannot be opened: {error}.", where=str(path)) from None
    if not exists:
        message = f"There is no folder '{path}'."
    elif not is_folder:
        message = f"'{path}' is a file, not a project."
    else:
        message = f"There is no project in '{path}': it holds no {FILE_NAME}."
    raise ProjectError(
        message,
        where=str(path),
        expected=f"a project folder, or its {FILE_NAME}",
        hint="Check the spelling, or make a project there with `netwright new`.",
    )


def load(project_dir: Path) -> Project:
    """The project in that folder. Raises ProjectError naming the place of the damage, and the last good version."""
    folder = project_folder(project_dir)
    path = folder / FILE_NAME
    data = read_bytes(folder)
    remove_leftovers(folder)
    try:
        project = from_bytes(data, str(path))
    except ProjectError as error:
        good = last_good(folder)
        if good is not None and "newer Netwright" not in error.message:
            error.hint = f"The last good version is kept in {good}; it can be put in the place of {FILE_NAME}."
        raise
    _keep_older_version(folder, data)
    return project


def read_bytes(project_dir: Path) -> bytes:
    """The bytes of project.json as they are; raises ProjectError when they cannot be read or are beyond all bounds."""
    path = project_dir / FILE_NAME
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            _too_large(str(path), size)
        return path.read_bytes()
    except FileNotFoundError:
        project_folder(project_dir)
        raise ProjectError(f"{FILE_NAME} has just been removed.", where=str(path)) from None
    except OSError as error:
        raise ProjectError(
            f"{FILE_NAME} cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Check the permissions of the file, and the disk.",
        ) from error


def save(
    project_dir: Path,
    project: Project,
    *,
    replacing: bytes | None = None,
    journal: Journal | None = None,
    mark: int = 0,
) -> bytes:
    """Save atomically; returns the bytes written. Raises ProjectError, and the old file is intact.

    `project` must not change meanwhile (`Project.copy`). `replacing`: what is believed to be on disk; if another
    program has changed the file since, nothing is written and ChangedOnDisk is raised. `journal` and `mark` (from
    `Journal.mark`, taken together with the snapshot): its edits up to the mark are dropped once they are on disk.
    """
    data = to_bytes(project)
    path = project_dir / FILE_NAME
    if replacing is not None and replacing != data:
        check_unchanged(project_dir, replacing)
    if journal is not None:
        journal.saving(mark, data)
    _keep_first(project_dir, path)
    write_atomically(path, data)
    if journal is not None:
        journal.saved(mark, data)
    history.record(project_dir, data)
    return data


def _keep_first(project_dir: Path, path: Path) -> None:
    """Before the first save here, keep what was there: a project that came by copy or git has no history yet."""
    if not history.versions(project_dir):
        try:
            history.record(project_dir, path.read_bytes())
        except OSError:
            pass  # a new project, or nothing that could be kept


class ChangedOnDisk(ProjectError):  # noqa: N818 (named like its tree)
    """Another program changed project.json while it was open here (git, a sync tool, an editor)."""


def check_unchanged(project_dir: Path, expected: bytes) -> None:
    """Raises ChangedOnDisk when project.json no longer holds `expected`; a missing file counts as unchanged."""
    path = project_dir / FILE_NAME
    try:
        found = path.read_bytes()
    except OSError:
        return
    if found != expected:
        raise ChangedOnDisk(
            f"{FILE_NAME} was changed by another program while it was open here.",
            where=str(path),
            expected=f"the file as it was opened ({_fingerprint(expected)})",
            found=f"another one ({_fingerprint(found)})",
            hint="Keep yours, take the one on disk, or save yours under another name.",
        )


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


def create(project_dir: Path, project: Project) -> None:
    """Make the folder and save the project in it. Raises ProjectError if there already is one, or it cannot be made."""
    try:
        if project_dir.exists() and not project_dir.is_dir():
            raise ProjectError(f"'{project_dir}' is a file.", where=str(project_dir), hint="Choose another name.")
        if (project_dir / FILE_NAME).exists():
            raise ProjectError(
                f"There already is a project in '{project_dir}'.",
                where=str(project_dir),
                hint="Choose another folder; nothing was changed.",
            )
        project_dir.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"The folder '{project_dir}' cannot be made: {getattr(error, 'strerror', None) or error}.",
            where=str(project_dir),
            hint="Choose another folder.",
        ) from None
    save(project_dir, project)


def last_good(project_dir: Path) -> Path | None:
    """The newest earlier version that opens; None when there is none."""
    for path in history.versions(project_dir):
        try:
            if path.stat().st_size <= MAX_BYTES:
                from_bytes(path.read_bytes(), str(path))
                return path
        except (OSError, ProjectError):
            continue
    return None


def restore_last_good(project_dir: Path) -> Project:
    """Put the last good version in the place of a damaged project.json, which is kept as project.damaged-N.json."""
    good = last_good(project_dir)
    if good is None:
        raise ProjectError(
            "No earlier version of the project was kept.", where=str(history.history_folder(project_dir))
        )
    data = good.read_bytes()
    project = from_bytes(data, str(good))
    damaged = project_dir / FILE_NAME
    if damaged.exists():
        number = 1
        while (kept := project_dir / f"project.damaged-{number}.json").exists():
            number += 1
        write_atomically(kept, damaged.read_bytes())
    write_atomically(damaged, data)
    return project


def _keep_older_version(folder: Path, data: bytes) -> None:
    """Keep a file of an older version beside the project before a save replaces it."""
    found = re.search(rb'"version"\s*:\s*(\d{1,6})', data)
    version = int(found[1]) if found else CURRENT_VERSION
    kept = folder / f"project.version-{version}.json"
    if version < CURRENT_VERSION and not kept.exists() and os.access(folder, os.W_OK):
        write_atomically(kept, data)


# -- writing ------------------------------------------------------------------------------------------------------


def as_document(project: Project) -> dict[str, Any]:
    """The project as the JSON object of project.json, defaults left out. Raises ProjectError for NaN and the like."""
    parts: dict[str, Any] = {"format": "netwright", "version": CURRENT_VERSION, "name": project.name}
    for name, part in (
        ("data", project.data),
        ("graph", _GraphPart(nodes=tuple(project.graph.sorted_nodes()), edges=tuple(project.graph.sorted_edges()))),
        ("recipe", project.recipe),
        ("view", project.view),
    ):
        parts[name] = plain(part, name)
    return parts


def to_bytes(project: Project) -> bytes:
    """The content of project.json: the same bytes for the same value, whatever was edited on the way there."""
    return readable(as_document(project), _opened).encode()


_OPEN = re.compile(
    r"""\$ ( \.data ( \.sources | \.fields ( \[\] ( \.preparation | \.augmentation )? )? )?
           | \.graph ( \.nodes | \.edges )?
           | \.recipe ( \.phases ( \[\] ( \.players ( \[\] )? )? )? )?
           )? """,
    re.VERBOSE,
)


def _opened(path: str, value: Any) -> bool:
    """What spans lines: the parts of the document, and items that hold more than scalars."""
    if not _OPEN.fullmatch(path):
        return False
    return not path.endswith("[]") or any(isinstance(part, dict | list) for part in value.values())


# -- reading ------------------------------------------------------------------------------------------------------


def from_bytes(data: bytes, where: str) -> Project:
    """The project in these bytes; `where` names them in messages. Raises ProjectError, and nothing else."""
    if len(data) > MAX_BYTES:
        _too_large(where, len(data))
    text = _decode(data, where)
    document = _parse(text, where)
    try:
        return from_document(document, where)
    except ProjectError as error:
        path = re.search(r"\$[^\s]*", error.where)
        if path:
            line = _line_of(text, path[0])
            name = path[0].removeprefix("$").removeprefix(".") or "the whole file"
            error.where = f"{where}, line {line}: {name}" if line else f"{where}: {name}"
        raise


def from_document(document: object, where: str) -> Project:
    """The project in a JSON object as `as_document` makes it. Raises ProjectError, the path ($.graph) in `where`."""
    if not isinstance(document, dict) or document.get("format") != "netwright":
        raise ProjectError(
            "This is JSON, but not a Netwright project.",
            where=f"{where}: $",
            expected='an object with "format": "netwright"',
            found=_TYPE_WORDS.get(type(document).__name__, type(document).__name__),
            hint=_RESTORE,
        )
    document = migrate(document, where)
    try:
        parts = msgspec.convert(document, _Document, strict=True)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), document, where) from None
    except UnicodeError:
        raise ProjectError("A name in the project file holds a broken character.", where=where, hint=_RESTORE) from None
    return Project(
        name=parts.name, data=_checked_data(parts.data, where), graph=_graph(parts.graph, where), recipe=parts.recipe,
        view=parts.view,
    )  # fmt: skip


def _graph(part: _GraphPart, where: str) -> Graph:
    if len(part.nodes) > MAX_NODES:
        raise ProjectError(
            f"The network has {len(part.nodes):,} nodes.",
            where=f"{where}: $.graph.nodes",
            expected=f"{MAX_NODES:,} at most",
            found=f"{len(part.nodes):,}",
        )
    graph = Graph()
    place = "$.graph"
    try:
        for number, node in enumerate(part.nodes):
            place = f"$.graph.nodes[{number}]"
            graph.add(node)
        for number, edge in enumerate(part.edges):
            place = f"$.graph.edges[{number}]"
            if max(len(edge.output), len(edge.input)) > _MAX_PORT:
                raise GraphError("The name of a port is too long.", where=edge.target, expected=f"{_MAX_PORT} letters")
            old = graph.connect(edge)
            if old is not None:
                raise GraphError(
                    f"Two links end at '{edge.input}' of '{edge.target}', from '{old.source}' and '{edge.source}'.",
                    where=edge.target,
                    expected="one link at an input",
                    found="two",
                    hint="Remove one of them.",
                )
    except GraphError as error:
        raise ProjectError(
            error.message,
            where=f"{where}: {place}",
            expected=error.expected,
            found=error.found,
            hint=error.hint or _RESTORE,
        ) from None
    return graph


def _checked_data(data: DataSpec, where: str) -> DataSpec:
    seen: set[str] = set()
    for number, field in enumerate(data.fields):
        if field.name in seen:
            raise ProjectError(
                f"Two fields of the data are called '{field.name[:80]}'.",
                where=f"{where}: $.data.fields[{number}]",
                hint="Give one of them another name.",
            )
        seen.add(field.name)
    return data


def _decode(data: bytes, where: str) -> str:
    stripped = data.strip(b"\0 \t\r\n")
    if not stripped:
        raise ProjectError(
            "The project file is empty." if not data else "The project file holds nothing but empty bytes.",
            where=where,
            hint=_RESTORE,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise ProjectError(
            "The project file is damaged: it holds bytes that are no text.",
            where=f"{where}, line {line}, column {column}",
            expected="UTF-8 text",
            found=f"byte 0x{data[error.start]:02x}",
            hint=_RESTORE,
        ) from None


class _RefusedError(ValueError):
    """Something JSON allows and a project does not; `token` is where to look for it."""

    def __init__(self, message: str, token: str) -> None:
        super().__init__(message)
        self.token = token


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RefusedError(f'"{name[:60]}" stands twice in one object', one_line(name))
            seen.add(name)
    return result


def _whole_number(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise _RefusedError(f"the number {text[:24]}{'…' if len(text) > 24 else ''} is too large", text)
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise _RefusedError(f"the number {text[:24]} is too large", text)
    return value


def _constant(text: str) -> NoReturn:
    raise _RefusedError(f"{text} is not a number", text)


def _parse(text: str, where: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_whole_number, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise ProjectError(
            f"The project file is damaged: {_lower(error.msg)}.",
            where=f"{where}, line {error.lineno}, column {error.colno}",
            expected="JSON",
            found=_excerpt(text, error.pos),
            hint=_RESTORE,
        ) from None
    except _RefusedError as error:
        position = text.rfind(error.token)
        line = text.count("\n", 0, position) + 1
        raise ProjectError(
            f"The project file is damaged: {error}.", where=f"{where}, line {line}", hint=_RESTORE
        ) from None
    except RecursionError:
        raise ProjectError(
            "The project file is nested far deeper than a project ever is.",
            where=where,
            expected="a few levels of brackets",
            hint=_RESTORE,
        ) from None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _excerpt(text: str, position: int) -> str:
    rest = text[position : position + 24].split("\n", 1)[0].strip()
    return rest or "the end of the line" if position < len(text) else "the end of the file"


def _too_large(where: str, size: int) -> NoReturn:
    raise ProjectError(
        f"The project file is too large ({megabytes(size)}).",
        where=where,
        expected=f"{megabytes(MAX_BYTES)} at most",
        found=megabytes(size),
        hint=_RESTORE,
    )


_TYPE_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "object": "an object {…}",
    "array": "a list […]",
    "null": "nothing",
    "dict": "an object {…}",
    "list": "a list […]",
    "NoneType": "nothing",
}


def _invalid(message: str, document: dict[str, Any], where: str) -> ProjectError:
    """msgspec's message ("Expected `int`, got `str` - at `$.recipe.seed`") in words."""
    text, _, place = message.partition(" - at `")
    path = place.rstrip("`") or "$"
    name = _name_of(path, document)
    expected = found = ""
    if match := re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", text):
        expected = " or ".join(_TYPE_WORDS.get(part.strip(), part.strip()) for part in match[1].split("|"))
        found = _TYPE_WORDS.get(match[2], match[2])
        said = f"{name} should be {expected}, and is {found}"
    elif match := re.fullmatch(r"Object missing required field `([^`]+)`", text):
        said = f"{name} has no '{match[1]}'"
        expected = match[1]
    elif match := re.fullmatch(r"Object contains unknown field `([^`]+)`", text, re.DOTALL):
        said = f"{name} holds '{match[1][:60]}', which this version does not know"
        found = match[1][:60]
    elif match := re.fullmatch(r"Invalid enum value (.+)", text, re.DOTALL):
        said = f"{name} cannot be {match[1][:60]}"
        found = match[1][:60]
    elif match := re.fullmatch(r"Expected `([^`]+)` (.+)", text):
        expected = f"{_TYPE_WORDS.get(match[1], match[1])} {match[2]}"
        said = f"{name} should be {expected}"
    else:
        said = f"{name}: {text.replace('`', '')}"
    return ProjectError(
        f"The project file does not make sense: {said}.",
        where=f"{where}: {path}",
        expected=expected,
        found=found,
        hint=_RESTORE,
    )


def _name_of(path: str, document: dict[str, Any]) -> str:
    """What a path leads to, in words: "x of node 'conv1'", "seed of recipe"."""
    if path == "$":
        return "the file"
    if match := re.match(r"\$\.graph\.nodes\[(\d+)\]\.?(.*)", path):
        try:
            node_id = str(document["graph"]["nodes"][int(match[1])]["id"])[:64]
        except (KeyError, IndexError, TypeError):
            node_id = f"number {int(match[1]) + 1}"
        return f"{match[2] or 'what is said'} of node '{node_id}'"
    return path.removeprefix("$.")


_PATH_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_SPACE = re.compile(r"[ \t\r\n]*")


def _line_of(text: str, path: str) -> int:
    """The line where the value of a path begins, 0 when it is not found. `text` is JSON that was parsed before."""
    decoder = json.JSONDecoder()
    position = _skip(text, 1 if text.startswith("\ufeff") else 0)
    try:
        for key, index in _PATH_PART.findall(path):
            count = 0
            if text[position] not in "{[" or (text[position] == "{") != bool(key):
                return 0
            closing = "}" if key else "]"
            position = _skip(text, position + 1)
            while text[position] != closing:
                if key:
                    name, position = json.decoder.scanstring(text, position + 1)  # type: ignore[attr-defined]
                    position = _skip(text, _skip(text, position) + 1)
                    hit = name == key
                else:
                    hit = count == int(index)
                if hit:
                    break
                _, position = decoder.raw_decode(text, position)
                position = _skip(text, position)
                if text[position] == ",":
                    position = _skip(text, position + 1)
                count += 1
            else:
                break  # not there: the object that should hold it is the place
        return text.count("\n", 0, position) + 1
    except (ValueError, IndexError, RecursionError):
        return 0


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
