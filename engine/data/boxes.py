"""Marked objects in pictures, in the formats that other tools write. No torch.

Each reader gives the objects of the pictures it speaks of; which file a picture is, is found by its name.
Sources: Pascal VOC development kit 2012; cocodataset.org "Data format"; Ultralytics "Detection datasets"; Apple
"Building an object detector data source"; Label Studio "Export formats".
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from engine.data.left_out import LeftOutList, printable
from engine.data.readers.files import FileEntry, FileTree
from engine.errors import DataError

MAX_MARKS_BYTES: Final = 512 << 20
_MAX_XML_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Box:
    """An object: its class and its edges, in pixels or, where `shares`, as shares of width and height."""

    label: str
    left: float
    top: float
    right: float
    bottom: float
    shares: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it has no area, or edges that are no numbers."""
        return not (self.right > self.left and self.bottom > self.top)


@dataclass(slots=True)
class Marks:
    """The objects of the pictures, by the name under which each is spoken of; `beside` is the file that speaks of it.

    `order` are the classes in an order of the format's own, if it has one.
    """

    form: str
    boxes: list[tuple[str, FileEntry, list[Box]]] = field(default_factory=list)
    order: tuple[str, ...] = ()
    left_out: LeftOutList = field(default_factory=LeftOutList)


def find_form(tree: FileTree) -> str:
    """ "voc", "coco", "create_ml", "label_studio" or "yolo": in which format objects are marked; "" for none.

    Looks at names and first bytes alone.
    """
    xml = [entry for entry in tree.entries if entry.suffix == ".xml"]
    if any(b"<annotation" in tree.head(entry, 600) for entry in xml[:20]):
        return "voc"
    for entry in tree.entries:
        if entry.suffix != ".json":
            continue
        form = _form_of_json(tree.head(entry, 1 << 16), entry)
        if form:
            return form
    return "yolo" if _yolo_texts(tree) else ""


def _form_of_json(head: bytes, entry: FileEntry) -> str:
    if head.lstrip()[:1] == b"{":
        telling = sum(word in head for word in (b'"images"', b'"annotations"', b'"categories"'))
        return "coco" if telling == 3 or (telling and "coco" in entry.name.lower()) or telling == 2 else ""
    if head.lstrip()[:1] == b"[":
        if b'"data"' in head and (b'"annotations"' in head or b'"completions"' in head) and b'"result"' in head:
            return "label_studio"
        marked = b'"annotations"' in head or b'"annotation"' in head
        return "create_ml" if marked and b'"coordinates"' in head and b'"label"' in head else ""
    return ""


def read_marks(tree: FileTree) -> Marks:
    """All marked objects. A file that is damaged is left out by name. Raises DataError when there are none."""
    form = find_form(tree)
    readers = {"voc": _voc, "coco": _coco, "create_ml": _create_ml, "label_studio": _label_studio, "yolo": _yolo}
    if form not in readers:
        raise DataError(
            "No objects are marked here.",
            where=str(tree.root),
            expected="Pascal VOC, COCO, YOLO, Create ML or Label Studio files",
            found=", ".join(entry.name for entry in tree.entries[:4]) or "no files",
        )
    marks = Marks(form)
    readers[form](tree, marks)
    return marks


def _number(value: object) -> float:
    """A number, or not-a-number, which makes a box empty."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _label(value: object) -> str:
    return printable(str(value).strip(), 120) if value is not None else ""


# Pascal VOC ----------------------------------------------------------------------------------------------------------


def _voc(tree: FileTree, marks: Marks) -> None:
    for entry in tree.entries:
        if entry.suffix != ".xml":
            continue
        try:
            data = tree.read(entry, _MAX_XML_BYTES)
            if b"<!ENTITY" in data:
                raise DataError("It declares entities, which such files have no use for.")
            root = ElementTree.fromstring(data)
        except DataError as error:
            marks.left_out.add(entry.name, error.message)
            continue
        except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
            marks.left_out.add(entry.name, f"It is damaged ({str(error)[:120]}).")
            continue
        if root.tag != "annotation":
            continue
        boxes = []
        for item in root.iter("object"):
            edges = item.find("bndbox")
            if edges is None:
                continue
            left, top, right, bottom = (_number(edges.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
            boxes.append(Box(_label(item.findtext("name")), left, top, right, bottom))
        marks.boxes.append((root.findtext("filename") or PurePosixPath(entry.parts[-1]).stem, entry, boxes))


# JSON ----------------------------------------------------------------------------------------------------------------


def _json_files(tree: FileTree, marks: Marks, form: str) -> Iterator[tuple[FileEntry, Any]]:
    for entry in tree.entries:
        if entry.suffix == ".json" and _form_of_json(tree.head(entry, 1 << 16), entry) == form:
            try:
                yield entry, msgspec.json.decode(tree.read(entry, MAX_MARKS_BYTES))
            except DataError as error:
                marks.left_out.add(entry.name, error.message)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                marks.left_out.add(entry.name, f"It is damaged ({str(error)[:120]}).")


def _maps(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; whatever else stands there is passed over."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _coco(tree: FileTree, marks: Marks) -> None:
    order: dict[str, None] = {}
    for entry, found in _json_files(tree, marks, "coco"):
        names = {str(item.get("id")): _label(item.get("name")) for item in _maps(found.get("categories"))}
        order |= dict.fromkeys(names[key] for key in names)
        by_picture: dict[str, list[Box]] = {}
        for item in _maps(found.get("annotations")):
            edges = item.get("bbox")
            if not isinstance(edges, list) or len(edges) != 4:
                continue
            left, top, width, height = map(_number, edges)
            name = names.get(str(item.get("category_id")), "")
            by_picture.setdefault(str(item.get("image_id")), []).append(
                Box(name, left, top, left + width, top + height)
            )
        for item in _maps(found.get("images")):
            marks.boxes.append((str(item.get("file_name", "")), entry, by_picture.get(str(item.get("id")), [])))
    marks.order = tuple(order)


def _create_ml(tree: FileTree, marks: Marks) -> None:
    for entry, found in _json_files(tree, marks, "create_ml"):
        for item in _maps(found):
            name = item.get("image", item.get("imagefilename", ""))
            boxes = []
            for mark in _maps(item.get("annotations", item.get("annotation"))):
                place = mark.get("coordinates")
                if not isinstance(place, Mapping):
                    continue
                x, y, width, height = (_number(place.get(key)) for key in ("x", "y", "width", "height"))
                boxes.append(
                    Box(_label(mark.get("label")), x - width / 2, y - height / 2, x + width / 2, y + height / 2)
                )
            marks.boxes.append((str(name), entry, boxes))


def _label_studio(tree: FileTree, marks: Marks) -> None:
    for entry, found in _json_files(tree, marks, "label_studio"):
        for item in _maps(found):
            data = item.get("data")
            paths = [value for value in data.values() if isinstance(value, str)] if isinstance(data, Mapping) else []
            name = next((value for value in paths if PurePosixPath(value).suffix), item.get("file_upload", ""))
            chosen = [
                mark
                for mark in _maps(item.get("annotations", item.get("completions")))
                if not mark.get("was_cancelled")
            ]
            boxes = []
            for mark in _maps(chosen[0].get("result")) if chosen else []:
                value = mark.get("value")
                names = value.get("rectanglelabels") if isinstance(value, Mapping) else None
                if not isinstance(value, Mapping) or not isinstance(names, list) or not names:
                    continue
                x, y, width, height = (_number(value.get(key)) / 100 for key in ("x", "y", "width", "height"))
                boxes.append(Box(_label(names[0]), x, y, x + width, y + height, shares=True))
            marks.boxes.append((str(name), entry, boxes))


# YOLO ----------------------------------------------------------------------------------------------------------------

_LINE = re.compile(rb"\s*\d+(?:\s+-?[\d.]+(?:[eE]-?\d+)?){4,}\s*")


def _yolo_texts(tree: FileTree) -> list[FileEntry]:
    """The files of objects: their lines are a class number and shares, and a picture has the same name."""
    if not any(entry.parts[-1].endswith((".txt", ".TXT")) for entry in tree.entries):
        return []
    stems = {PurePosixPath(entry.parts[-1]).stem for entry in tree.entries if entry.suffix not in (".txt", ".yaml")}
    texts = [
        entry
        for entry in tree.entries
        if entry.suffix == ".txt" and PurePosixPath(entry.parts[-1]).stem in stems and entry.size < MAX_MARKS_BYTES
    ]
    looked = [tree.head(entry, 400).split(b"\n")[0] for entry in texts[:20] if entry.size]
    return texts if looked and sum(bool(_LINE.fullmatch(line)) for line in looked) > 0.5 * len(looked) else []


def _yolo(tree: FileTree, marks: Marks) -> None:
    names = _yolo_names(tree)
    marks.order = tuple(names[number] for number in sorted(names))
    for entry in _yolo_texts(tree):
        try:
            lines = tree.read(entry).decode("utf-8", "replace").splitlines()
        except DataError as error:
            marks.left_out.add(entry.name, error.message)
            continue
        boxes = []
        for line in lines:
            cells = line.split()
            if not cells:
                continue
            numbers = [_number(cell) for cell in cells[1:]]
            name = names.get(int(cells[0]), cells[0]) if cells[0].isdigit() else cells[0]
            if len(numbers) == 4:
                x, y, width, height = numbers
                boxes.append(
                    Box(_label(name), x - width / 2, y - height / 2, x + width / 2, y + height / 2, shares=True)
                )
            elif len(numbers) >= 6 and len(numbers) % 2 == 0:  # an outline, or a box that was turned
                across, down = numbers[::2], numbers[1::2]
                boxes.append(Box(_label(name), min(across), min(down), max(across), max(down), shares=True))
            else:
                marks.left_out.add(entry.name, f"The line '{printable(line, 60)}' is not an object.")
        marks.boxes.append((PurePosixPath(entry.parts[-1]).stem, entry, boxes))


def _yolo_names(tree: FileTree) -> dict[int, str]:
    """Names of the classes: from data.yaml, or a list such as classes.txt. Of YAML no more is read than that list."""
    for entry in tree.entries:
        if entry.suffix in (".yaml", ".yml"):
            found = _names_in_yaml(tree.head(entry, 1 << 18).decode("utf-8", "replace"))
            if found:
                return found
    for entry in tree.entries:
        if entry.parts[-1].lower() in ("classes.txt", "obj.names", "labels.txt", "names.txt", "predefined_classes.txt"):
            lines = [line.strip() for line in tree.head(entry, 1 << 18).decode("utf-8", "replace").splitlines()]
            return {number: _label(line) for number, line in enumerate(line for line in lines if line)}
    return {}


def _names_in_yaml(text: str) -> dict[int, str]:
    match = re.search(r"(?m)^names\s*:[ \t]*(.*)$", text)
    if match is None:
        return {}
    inline = match[1].split("#")[0].strip()
    rest = text[match.end() :]
    if inline.startswith("[") or inline.startswith("{"):
        closing = "]" if inline[0] == "[" else "}"
        body = (inline + rest).split(closing)[0][1:]
        parts = [part.strip() for part in body.replace("\n", " ").split(",") if part.strip()]
        if closing == "]":
            return {number: _unquoted(part) for number, part in enumerate(parts)}
        pairs = [part.partition(":") for part in parts]
        return {int(key): _unquoted(name) for key, _, name in pairs if key.strip().isdigit()}
    found: dict[int, str] = {}
    for line in rest.splitlines():
        if not line.strip():
            continue
        item = re.match(r"\s*-\s*(.+)$", line)
        pair = re.match(r"\s+(\d+)\s*:\s*(.+)$", line)
        if item is not None:
            found[len(found)] = _unquoted(item[1])
        elif pair is not None:
            found[int(pair[1])] = _unquoted(pair[2])
        else:
            break
    return found


def _unquoted(text: str) -> str:
    text = text.split(" #")[0].strip()
    return _label(text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text)
