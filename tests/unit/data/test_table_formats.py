"""Tables in other formats than CSV come out the same, and what cannot be read says why."""

import io
import json
import random
import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from engine.data.importing import inspect
from engine.data.readers.table import Table
from engine.data.readers.table_files import parse_any
from engine.document.data_spec import FieldKind
from engine.errors import DataError, NetwrightError

NAMES = ["Åsa", "Bo", "Cim", "Dag"]
ROWS = 60
UNPACKED = (64 << 20) + 12_345_679


def people() -> pl.DataFrame:
    rng = random.Random(1)
    return pl.DataFrame(
        {
            "name": [f"{rng.choice(NAMES)} {n}" for n in range(ROWS)],
            "town": [rng.choice(["Oslo", "Lima", "Cairo"]) for _ in range(ROWS)],
            "age": [rng.randint(20, 60) for _ in range(ROWS)],
            "height": [round(rng.gauss(170, 10), 1) if n % 9 else None for n in range(ROWS)],
            "born": [date(1960 + rng.randint(0, 40), 1 + n % 12, 1 + n % 28) for n in range(ROWS)],
            "member": [n % 3 == 0 for n in range(ROWS)],
        }
    )


def as_csv() -> bytes:
    return people().write_csv().encode()


def as_parquet() -> bytes:
    target = io.BytesIO()
    people().write_parquet(target)
    return target.getvalue()


def as_arrow() -> bytes:
    target = io.BytesIO()
    people().write_ipc(target)
    return target.getvalue()


def as_arrow_stream() -> bytes:
    target = io.BytesIO()
    people().write_ipc_stream(target)
    return target.getvalue()


def as_json_lines() -> bytes:
    return people().write_ndjson().encode()


def as_json() -> bytes:
    return json.dumps([json.loads(line) for line in as_json_lines().splitlines()]).encode()


def as_json_columns() -> bytes:
    return json.dumps({name: column.cast(pl.String).to_list() for name, column in people().to_dict().items()}).encode()


def as_sqlite(tmp: Path = Path()) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (name TEXT, town TEXT, age INTEGER, height REAL, born TEXT, member TEXT)")
    rows = people().with_columns(pl.col("born", "member").cast(pl.String)).rows()
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("CREATE TABLE small (a)")
    connection.execute("INSERT INTO small VALUES (1)")
    connection.execute(
        "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    )
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """A small .xlsx, written by hand: numbers, words, dates (style 1) and truths."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kinds}.worksheet+xml"/>'
                for n in range(1, len(sheets) + 1)
            )
            + "</Types>",
        )
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
            + "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            + "".join(
                f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                for n in range(1, len(sheets) + 1)
            )
            + f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
        )
        for number, rows in enumerate(sheets.values(), 1):
            lines = []
            for y, row in enumerate(rows, 1):
                cells = "".join(_cell(f"{chr(65 + x)}{y}", value) for x, value in enumerate(row))
                lines.append(f'<row r="{y}">{cells}</row>')
            book.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
            )
    return target.getvalue()


def _cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def as_excel() -> bytes:
    frame = people()
    rows = [["Members of the club"], [], list(frame.columns), *(list(row) for row in frame.rows())]
    return workbook({"About": [["made by hand"]], "People": rows})


FORMATS = {
    "people.csv": as_csv,
    "people.parquet": as_parquet,
    "people.arrow": as_arrow,
    "people.feather": as_arrow_stream,
    "people.jsonl": as_json_lines,
    "people.json": as_json,
    "columns.json": as_json_columns,
    "people.sqlite": as_sqlite,
    "people.xlsx": as_excel,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_data(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FORMATS[name]())
    found = inspect(path, target="town", project_dir=tmp_path)
    kinds = {field.name: field.kind for field in found.data.fields}
    assert kinds == {
        "name": FieldKind.TEXT,
        "town": FieldKind.CATEGORY,
        "age": FieldKind.NUMBER,
        "height": FieldKind.NUMBER,
        "born": FieldKind.DATE,
        "member": FieldKind.CATEGORY,
    }
    from engine.data.dataset import open_dataset

    dataset = open_dataset(tmp_path, found.data)
    frame = people()
    assert dataset.samples == ROWS
    for row in (0, 9, 37):
        assert dataset.raw(row, "age") == frame["age"][row]
        assert dataset.raw(row, "town") == frame["town"][row]
        height = frame["height"][row]
        assert (
            (dataset.raw(row, "height") != dataset.raw(row, "height"))
            if height is None
            else (dataset.raw(row, "height") == pytest.approx(height))
        )
        start = datetime(1970, 1, 1)
        born = frame["born"][row]
        assert dataset.raw(row, "born") == (datetime(born.year, born.month, born.day) - start).total_seconds()
        assert dataset.raw(row, "member") == str(frame["member"][row]).lower()


def test_a_workbook_is_read_where_its_table_is() -> None:
    table = parse_any(as_excel(), "people.xlsx")
    assert table.where == "people.xlsx, sheet People" and table.place(0) == "people.xlsx, sheet People, row 4"
    assert any("sheet People was read" in note.reason for note in table.notes.items)
    assert any("stand above the table" in note.reason for note in table.notes.items)
    again = parse_any(as_excel(), "people.xlsx", table.options())
    assert list(again.columns) == list(table.columns) and len(again.lines) == ROWS
    with pytest.raises(DataError, match="no sheet 'Other'") as caught:
        parse_any(as_excel(), "people.xlsx", {"sheet": "Other"})
    assert "People" in caught.value.expected


def test_a_workbook_without_a_header() -> None:
    table = parse_any(workbook({"S": [[1, "a"], [2, "b"], [3, "a"]]}), "t.xlsx")
    assert list(table.columns) == ["column_1", "column_2"] and len(table.lines) == 3


def test_a_workbook_that_would_fill_the_memory_is_refused() -> None:
    rows: list[list[object]] = [["a", "b"], [1, 2]]
    book = workbook({"S": rows})
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("sheet1.xml"):
                data = data.replace(b'<c r="B2">', b'<c r="XFD1048576">')
            new.writestr(info.filename, data)
    with pytest.raises(DataError, match="row 1,048,576 and column 16,384"):
        parse_any(target.getvalue(), "far.xlsx")
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.writestr("xl/sharedStrings.xml", b" " * UNPACKED)
    data = bytearray(target.getvalue())
    with pytest.raises(DataError, match="would unpack"):
        parse_any(bytes(data), "bomb.xlsx")
    size = UNPACKED.to_bytes(4, "little")
    while size in data:  # an archive that lies about what is in it
        data[data.index(size) : data.index(size) + 4] = (64).to_bytes(4, "little")
    with pytest.raises(DataError, match="would unpack"):
        parse_any(bytes(data), "bomb.xlsx")


def test_a_table_larger_than_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    target = io.BytesIO()
    pl.select(a=pl.repeat(1, 3_000_000), b=pl.repeat("x", 3_000_000)).write_parquet(target)
    assert len(target.getvalue()) < 20_000

    class Memory:
        available = 64 << 20

    monkeypatch.setattr("psutil.virtual_memory", Memory)
    with pytest.raises(DataError, match="3,000,000 rows of 2 columns"):
        parse_any(target.getvalue(), "much.parquet")


def test_a_database_is_only_read() -> None:
    table = parse_any(as_sqlite(), "people.db")
    assert table.where == "people.db, table people" and table.options()["table"] == "people"
    assert any("table people was read" in note.reason for note in table.notes.items)
    assert list(parse_any(as_sqlite(), "people.db", {"table": "small"}).columns) == ["a"]
    with pytest.raises(DataError, match="no table 'endless'"):
        parse_any(as_sqlite(), "people.db", {"table": "endless"})


def test_json_lines_that_are_none_are_left_out_by_number() -> None:
    table = parse_any(b'{"a": 1, "b": {"c": "x"}}\n\nnot json\n[1]\n{"a": 2.5, "d": [1, "y"]}\n', "t.jsonl")
    assert table.lines.tolist() == [1, 5] and list(table.columns) == ["a", "b.c", "d"]
    assert [left.where for left in table.left_out.items] == ["t.jsonl, line 3", "t.jsonl, line 4"]
    assert table.columns["a"].to_list() == [1.0, 2.5] and table.texts("d").to_list() == ["", '[1,"y"]']


def test_json_in_other_shapes() -> None:
    assert len(parse_any(b'{"version": 2, "rows": [{"a": 1}, {"a": 2}]}', "t.json").lines) == 2
    with pytest.raises(DataError, match="not JSON"):
        parse_any(b'[{"a": 1}, {"a":', "t.json")
    with pytest.raises(DataError, match="no records"):
        parse_any(b"[1, 2, 3]", "t.json")
    with pytest.raises(DataError, match="not JSON"):
        parse_any(b"[" * 200_000, "deep.json")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pkl", b"\x80\x04\x95abc", "Python pickle"),
        ("a.pt", b"PK\x03\x04abc", "could run a program"),
        ("a.csv", b"\x80\x04\x95\x10abc", "Python pickle"),
        ("a.csv", b"\x80\x02}q\x00.", "Python pickle"),
        ("a.ods", b"PK\x03\x04", "LibreOffice"),
        ("a.h5", b"\x89HDF", "HDF5"),
        ("a.parquet", b"PAR1 and nothing else", "not a whole Parquet file"),
        ("a.parquet", b"\x00\xff\x00", "not a whole Parquet file"),
        ("a.arrow", b"ARROW1\x00\x00", "not a whole Arrow file"),
        ("a.db", b"SQLite format 3\x00" + b"\xff" * 200, "not a whole SQLite database|is cut off"),
        ("a.xlsx", b"PK\x03\x04" + b"\xff" * 200, "not a whole Excel workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "not a whole Excel workbook"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(name: str, data: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        parse_any(data, name)
    assert caught.value.hint


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "people.csv"])
def test_a_file_cut_at_every_tenth_or_changed_never_breaks_the_program(name: str) -> None:
    whole = FORMATS[name]()
    rng = random.Random(5)
    broken = [whole[: len(whole) * tenth // 10] for tenth in range(10)]
    for _ in range(15):
        copy = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            copy[rng.randrange(len(copy))] = rng.randrange(256)
        broken.append(bytes(copy))
    for data in broken:
        try:
            assert isinstance(parse_any(data, name), Table)
        except NetwrightError as error:
            assert isinstance(error, DataError) and name in error.message


def test_parts_of_one_table_are_put_together(tmp_path: Path) -> None:
    for part in range(3):
        people().slice(part * 20, 20).write_parquet(tmp_path / f"part-{part}.parquet")
    found = inspect(tmp_path, target="town")
    assert found.samples == ROWS
    people().rename({"age": "years"}).write_parquet(tmp_path / "part-3.parquet")
    with pytest.raises(DataError, match="different columns"):
        inspect(tmp_path, target="town")
