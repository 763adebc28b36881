"""Finding out how a table is written: encoding, line ends, delimiter, title lines, header, decimal mark.

No reader alone is safe with files as people have them, and Python's csv.Sniffer fails on ragged, titled and short ones.
Every guess is kept in the source's options, so that a table is read the same way each time and can be corrected.
"""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field

from engine.document.graph import Value
from engine.errors import DataError

MAX_TABLE_BYTES = 1 << 30
MAX_COLUMNS = 20_000
MAX_FIELD = 1 << 20
SAMPLE = 1 << 16

DELIMITERS = (",", ";", "\t", "|")

_PICKLE = "a Python pickle, which is never opened because it could run a program"

_MAGIC = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive or an Excel file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip archive"),
    *((b"\x80" + bytes([version]), _PICKLE) for version in (2, 3, 4, 5)),
    (b"\x93NUMPY", "a NumPy array"),
)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a table is written. `skip` lines stand above it; `header` says whether its first row holds names."""

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    skip: int = 0
    header: bool = True
    notes: tuple[tuple[str, str], ...] = field(default=())

    def options(self) -> dict[str, Value]:
        """As the options of a source."""
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "decimal": self.decimal,
            "skip": self.skip,
            "header": self.header,
        }


def decode_table(data: bytes, where: str, encoding: str = "") -> tuple[str, str, list[tuple[str, str]]]:
    """The text, its encoding, and notes (place, sentence).

    Without `encoding`: BOM, then strict UTF-8, then Windows-1252.
    Raises DataError when the file is empty, of another kind, not text, or not in the encoding that was given.
    """
    text, encoding, notes = utf8_table(data, where, encoding)
    return text.decode("utf-8", "replace"), encoding, notes


def utf8_table(data: bytes, where: str, encoding: str = "") -> tuple[bytes, str, list[tuple[str, str]]]:
    """The same as UTF-8 bytes with \\n line ends: a large table that is written so already is not copied."""
    if not data[:SAMPLE].strip() and not data.strip():
        raise DataError(f"{where} is empty.", where=where, hint="Export it again; was the right sheet chosen?")
    refuse_foreign(data, where)
    if not data[:SAMPLE].strip(b"\0") and not encoding:
        raise DataError(f"{where} is not a text file.", where=where, found="zeros", hint="Choose a CSV or TSV file.")
    notes: list[tuple[str, str]] = []
    if encoding in ("utf-8", "") and data.isascii() and not _is_wide(data):
        text, encoding = data, "utf-8"
    else:
        decoded, encoding = (_decode_as(data, where, encoding), encoding) if encoding else _guess(data, where, notes)
        text = data if encoding == "utf-8" else decoded.encode("utf-8", "replace")
        del decoded
    if b"\0" in text:
        line = text.count(b"\n", 0, text.index(b"\0")) + 1
        notes.append((f"{where}, line {line}", f"There is a NUL byte in line {line}; it was left out."))
        text = text.replace(b"\0", b"")
    head = text[:SAMPLE].decode("utf-8", "replace")
    odd = sum(1 for c in head if (c < " " and c not in "\t\r\n\f\v") or c == "\x7f")
    if odd > 0.02 * len(head):
        raise DataError(
            f"{where} is not a text file.", where=where, found="binary data", hint="Choose a CSV or TSV file."
        )
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text, encoding, notes


def refuse_foreign(data: bytes, where: str) -> None:
    """Raise DataError for a file that is known to be something else, by its first bytes."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            hint = "Save it as CSV." if "Excel" in name else "Choose a CSV or TSV file."
            raise DataError(f"{where} is {name}, not a table in text form.", where=where, found=name, hint=hint)


def _is_wide(data: bytes) -> bool:
    """Whether ASCII bytes may be UTF-16 or UTF-32, whose every other byte is zero."""
    return b"\0" in data[:4096]


def _guess(data: bytes, where: str, notes: list[tuple[str, str]]) -> tuple[str, str]:
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(bom):
            return _decode_as(data, where, name), name
    head = data[:4096]
    for name, zeros, letters in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if len(head) > 8 and zeros.count(0) > 0.6 * len(zeros) and letters.count(0) < 0.1 * len(letters):
            return _decode_as(data, where, name), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        repaired = data.decode("utf-8", "replace")
        bad = repaired.count("\ufffd")
        good = sum(1 for c in repaired if c > "\x7f") - bad
        line = data[: error.start].count(b"\n") + 1
        if good > 4 * bad:  # a UTF-8 file with some damage; reading it as Windows-1252 would spoil every other accent
            notes.append(
                (f"{where}, line {line}", f"{bad:,} characters from line {line} on are damaged and shown as \ufffd.")
            )
            return repaired, "utf-8-damaged"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _decode_as(data: bytes, where: str, encoding: str) -> str:
    if encoding == "utf-8-damaged":
        return data.decode("utf-8", "replace")
    try:
        return data.decode(encoding)
    except LookupError:
        raise DataError(
            f"There is no encoding '{encoding[:40]}'.", where=where, expected="utf-8, cp1252, utf-16"
        ) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(
            f"{where} is not in the encoding {encoding}: line {line} holds a byte that does not exist in it.",
            where=f"{where}, line {line}",
            expected=encoding,
            found=f"byte 0x{data[error.start]:02x}",
            hint="Choose another encoding; Excel often writes cp1252, most others utf-8.",
        ) from None


def sniff(text: str, where: str, options: dict[str, Value] | None = None) -> Dialect:
    """How the table in `text` is written, where `options` does not say it. Raises DataError when there is none."""
    options = options or {}
    delimiter = options.get("delimiter")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        delimiter = find_delimiter(text)
    rows = _records(text, delimiter, 400)
    if not rows:
        raise DataError(f"{where} is empty.", where=where)
    if len(rows[0][1]) > MAX_COLUMNS:
        raise DataError(
            f"{where} has {len(rows[0][1]):,} columns.", where=where, expected=f"up to {MAX_COLUMNS:,} columns"
        )
    skip = options.get("skip")
    notes: list[tuple[str, str]] = []
    if not isinstance(skip, int):
        skip = _find_table(rows, where, notes)
    table = [row for line, row in rows if line > skip and any(cell.strip() for cell in row)]
    if not table:
        raise DataError(f"{where} is empty.", where=where, found="no cell with anything in it")
    decimal = options.get("decimal")
    if decimal not in (".", ","):
        decimal = find_decimal(table, delimiter)
    header = options.get("header")
    if not isinstance(header, bool):
        header = has_header(table, str(decimal))
    return Dialect(delimiter=delimiter, decimal=str(decimal), skip=skip, header=header, notes=tuple(notes))


def _records(text: str, delimiter: str, limit: int) -> list[tuple[int, list[str]]]:
    """The first records, each with the number of its last line (from 1); one torn by the sample's end is left out."""
    size = SAMPLE
    while text.count("\n", 0, size) < 20 and size < min(len(text), 64 * SAMPLE):
        size *= 4  # long lines need a longer look
    sample = text[:size]
    if len(text) > size:
        sample = sample[: sample.rfind("\n") + 1] or sample
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[tuple[int, list[str]]] = []
    csv.field_size_limit(MAX_FIELD)
    try:
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) >= limit:
                break
    except csv.Error:
        pass
    return rows


def _width(rows: list[list[str]]) -> tuple[int, float]:
    """The most common number of fields, and the share of records that have it."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return 0, 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, count / sum(widths.values())


def find_delimiter(text: str) -> str:
    """The delimiter that gives the most records of one width; a comma when nothing divides the lines."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = [row for _, row in _records(text, delimiter, 200)]
        width, share = _width(rows)
        # A title above a table of two rows must not decide against it, so width counts a little too.
        score = share * (1 + min(width, 20) / 100) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    if best_score == 0:
        rows = [line.split() for line in text[:SAMPLE].splitlines()[:200] if line.strip()]
        numeric = sum(1 for row in rows if len(row) > 1 and sum(map(is_number, row)) >= len(row) / 2)
        if _width(rows)[0] > 1 and _width(rows)[1] > 0.95 and numeric > 0.6 * len(rows):
            return " "
    return best


def _find_table(rows: list[tuple[int, list[str]]], where: str, notes: list[tuple[str, str]]) -> int:
    """How many lines stand above the table: titles and blank lines before the first record of full width."""
    width, _ = _width([row for _, row in rows])
    for number, (_line, row) in enumerate(rows[:20]):
        filled = [cell for cell in row if cell.strip()]
        if len(row) < width and (len(filled) <= 1 or len(row) < width - 1 or row[0].startswith("#")):
            following = rows[number + 1][1] if number + 1 < len(rows) else []
            if filled and len(row) == width - 1 and not _reads_as_header(following, [r for _, r in rows[number + 2 :]]):
                break
            continue
        if len(row) < width and len(row) == width - 1 and all(len(r) == width for _, r in rows[number + 1 :]):
            break
        skip = rows[number - 1][0] if number else 0
        if skip and any(cell.strip() for _, above in rows[:number] for cell in above):
            notes.append((f"{where}, line {skip}", f"The first {skip} lines stand above the table and were skipped."))
        return skip
    else:
        return 0
    data = rows[number + 1][1] if number + 1 < len(rows) else []
    if data and not data[-1].strip():
        return rows[number - 1][0] if number else 0  # every row ends in a delimiter; the reader drops the empty field
    raise DataError(
        f"The first line of {where} has {len(rows[number][1])} fields, the rows have {width}.",
        where=f"{where}, line {rows[number][0]}",
        expected=", ".join(rows[number][1])[:200],
        found=", ".join(data)[:200],
        hint="Add the missing name to the first line.",
    )


def _reads_as_header(row: list[str], rest: list[list[str]]) -> bool:
    return bool(row) and not any(is_number(cell) for cell in row) and all(cell.strip() for cell in row)


_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?\Z")
_THOUSANDS = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?\Z"),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?\Z"),
}


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell reads as a number, with or without marks for thousands."""
    cell = cell.strip()
    if decimal == "," and _COMMA.match(cell):
        return True
    return bool(_PLAIN.match(cell) or _THOUSANDS[decimal].match(cell))


def find_decimal(table: list[list[str]], delimiter: str) -> str:
    """ "," when more cells read as numbers with a decimal comma than with a point."""
    commas = points = 0
    for row in table:
        for cell in row:
            cell = cell.strip()
            if _COMMA.match(cell) and not (_THOUSANDS["."].match(cell) and delimiter == ","):
                commas += 1
            elif "." in cell and _PLAIN.match(cell):
                points += 1
    return "," if commas > points else "."


def has_header(table: list[list[str]], decimal: str) -> bool:
    """Whether the first row names the columns: words above numbers say yes, numbers above numbers no."""
    first, rest = table[0], table[1:]
    if not rest:
        return not any(is_number(cell, decimal) for cell in first)
    against = 0
    for column, cell in enumerate(first):
        below = [row[column].strip() for row in rest if column < len(row) and row[column].strip()]
        if not below:
            continue
        numeric = sum(is_number(other, decimal) for other in below) >= 0.8 * len(below)
        if numeric and cell.strip() and not is_number(cell, decimal) and not is_missing_mark(cell):
            return True
        against += numeric
    if against:
        return False
    cells = [cell.strip() for cell in first]
    seen = {row[column].strip() for row in rest for column in range(min(len(row), len(cells))) if row[column].strip()}
    words = all(cell and len(cell) <= 60 and not is_number(cell, decimal) for cell in cells)
    return words and len(set(cells)) == len(cells) and not seen.intersection(cells)


MISSING_MARKS = ("", "?", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".", "missing")


def is_missing_mark(cell: str) -> bool:
    """Whether a cell looks like a mark for a missing value."""
    return cell.strip().lower() in MISSING_MARKS
