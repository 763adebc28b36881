"""Tables as people have them: every fault is repaired with a word, or told with file, line and column."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.data.readers.columns import Content, Guess, guess_column
from engine.data.readers.sniffing import decode_table, find_decimal, find_delimiter, has_header
from engine.data.readers.table import Table, parse_table
from engine.document.data_spec import FieldKind, Role
from engine.errors import DataError


def table_of(data: bytes | str, **options: object) -> Table:
    """Parse bytes as a file called t.csv."""
    raw = data.encode() if isinstance(data, str) else data
    return parse_table(raw, "t.csv", options)  # type: ignore[arg-type]


def column(table: Table, name: str) -> list[str]:
    return table.texts(name).to_list()


def guess(table: Table, name: str) -> Guess:
    return guess_column(name, table.columns[name], table.dialect.decimal, table.marks, table.others.get(name))


# Each is (file name, content, check): one fault that real files have.


def test_ok() -> None:
    table = table_of("a,b,c\n1,2,x\n3,4,y\n")
    assert list(table.columns) == ["a", "b", "c"] and len(table.lines) == 2
    assert guess(table, "a").content is Content.NUMBER and guess(table, "c").content is not Content.NUMBER


def test_bigint_ids_are_not_rounded() -> None:
    table = table_of("id,x\n9223372036854775808,1\n12345678901234567890123,2\n")
    assert column(table, "id") == ["9223372036854775808", "12345678901234567890123"]
    assert guess(table, "id").content is Content.ID


def test_binary() -> None:
    noise = np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    with pytest.raises(DataError, match="not a text file"):
        table_of(noise)


def test_bool_words() -> None:
    table = table_of("a,b\nyes,TRUE\nno,FALSE\nyes,TRUE\n")
    assert guess(table, "a").content is Content.CATEGORY and guess(table, "b").content is Content.CATEGORY


def test_cp1252() -> None:
    table = table_of("namn,ort,tal\nÅsa,Göteborg,1\nÖrjan,Malmö,2\n".encode("cp1252"))
    assert table.dialect.encoding == "cp1252" and column(table, "namn") == ["Åsa", "Örjan"]


def test_carriage_return_line_ends() -> None:
    table = table_of(b"a,b\r1,2\r3,4\r")
    assert len(table.lines) == 2 and column(table, "b") == ["2", "4"]


def test_dates_day_first() -> None:
    found = guess(table_of("d,x\n31/12/2020,1\n01/02/2021,2\n15/02/2021,3\n"), "d")
    assert found.content is Content.DATE and "day first" in found.note


def test_dates_mixed() -> None:
    found = guess(table_of("d,x\n2020-12-31,1\n01/02/2021,2\nyesterday,3\n"), "d")
    assert found.content is not Content.DATE and "mixed" in found.note


def test_doubled_column_names() -> None:
    table = table_of("a,a,b\n1,2,3\n")
    assert list(table.columns) == ["a", "a_2", "b"]
    assert any("a occurs twice" in note.reason for note in table.notes.items)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   "])
def test_empty(content: bytes) -> None:
    with pytest.raises(DataError, match="is empty"):
        table_of(content)


def test_header_only() -> None:
    with pytest.raises(DataError, match="header but no rows"):
        table_of("a,b,c\n")


def test_headerless() -> None:
    table = table_of("39, State-gov, 77516, Bachelors\n50, ?, 83311, HS-grad\n")
    assert not table.dialect.header and len(table.columns) == 4 and len(table.lines) == 2
    assert column(table, "column_2") == ["State-gov", "?"] and "?" in table.marks


def test_one_word_after_twenty_thousand_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{i % 5}\n" for i in range(20_000))
    (tmp_path / "late.csv").write_text("a,b\n" + rows + "1,oops\n")
    table = table_of((tmp_path / "late.csv").read_bytes())
    found = guess(table, "b")
    assert found.content is Content.NUMBER and found.odd == (20_000,)
    imported = inspect(tmp_path / "late.csv", target="a")
    assert imported.samples == 20_001
    from engine.data.dataset import open_dataset

    checks = open_dataset(tmp_path, imported.data).checks
    assert any(
        "line 20002" in check.message and "'oops'" in check.message and "column b" in check.message for check in checks
    )


def test_leading_zeros_stay_text() -> None:
    table = table_of("zip,x\n00123,1\n04567,2\n")
    assert column(table, "zip") == ["00123", "04567"] and guess(table, "zip").content is not Content.NUMBER


def test_line_breaks_and_doubled_quotes() -> None:
    table = table_of('id,text\n1,"line one\nline two, with comma"\n2,"he said ""hi"""\n')
    assert column(table, "text") == ["line one\nline two, with comma", 'he said "hi"']
    assert table.lines.tolist() == [2, 4]


def test_missing_marks() -> None:
    table = table_of("a,b\n1,?\nNA,2\n-,3\nnull,4\n,5\n")
    assert guess(table, "a").missing == 4 and guess(table, "b").missing == 1


def test_nul_byte() -> None:
    table = table_of(b"a,b\n1,\x002\n3,4\n")
    assert column(table, "b") == ["2", "4"]
    assert any("NUL byte in line 2" in note.reason for note in table.notes.items)


def test_pipe() -> None:
    table = table_of("a|b|c\n1|2|3\n")
    assert table.dialect.delimiter == "|" and len(table.columns) == 3


def test_png_named_csv() -> None:
    with pytest.raises(DataError, match="PNG image"):
        table_of(b"\x89PNG\r\n\x1a\n" + bytes(100))


@pytest.mark.parametrize(("row", "fields"), [("4,5,6,7", 4), ("4,5", 2)])
def test_ragged_rows_are_named(row: str, fields: int) -> None:
    table = table_of(f"a,b,c\n1,2,3\n{row}\n8,9,10\n")
    assert len(table.lines) == 2 and table.lines.tolist() == [2, 4]
    (left,) = table.left_out.items
    assert left.where == "t.csv, line 3" and f"{fields} fields" in left.reason and "3 were expected" in left.reason


def test_semicolon_and_decimal_comma() -> None:
    table = table_of("namn;längd;vikt\nÅsa;1,72;65,5\nÖrjan;1,85;80,1\n")
    assert (table.dialect.delimiter, table.dialect.decimal) == (";", ",")
    from engine.data.readers.columns import numbers_of

    assert numbers_of(table.columns["längd"], ",").to_list() == [1.72, 1.85]
    assert numbers_of(table.columns["vikt"], ",").to_list() == [65.5, 80.1]


def test_thousands() -> None:
    table = table_of('a;b\n"1.234,50";2\n"12.000,00";3\n')
    from engine.data.readers.columns import numbers_of

    assert table.dialect.delimiter == ";" and numbers_of(table.columns["a"], ",").to_list() == [1234.5, 12000.0]


def test_title_line() -> None:
    table = table_of("Report exported 2024-01-01\n\na,b,c\n1,2,3\n4,5,6\n")
    assert table.dialect.skip == 2 and list(table.columns) == ["a", "b", "c"] and len(table.lines) == 2
    assert table.place(0) == "t.csv, line 4"


def test_quote_that_is_never_closed() -> None:
    with pytest.raises(DataError, match="line 2") as caught:
        table_of('a,b,c\n1,"abc,3\n4,5,6\n7,8,9\n')
    assert "never closed" in caught.value.message and caught.value.where == "t.csv, line 2"


def test_a_quote_left_open_in_a_long_file_is_found_where_it_opens() -> None:
    rows = "".join(f"{i},x\n" for i in range(300))
    with pytest.raises(DataError, match="line 302"):
        table_of(f'a,b\n{rows}5,"open\n{rows * 2000}')


def test_utf16() -> None:
    table = table_of("namn\ttal\nÅsa\t1\nÖrjan\t2\n".encode("utf-16"))
    assert table.dialect.delimiter == "\t" and column(table, "namn") == ["Åsa", "Örjan"]


def test_utf16_without_bom() -> None:
    assert column(table_of("namn,tal\nÅsa,1\nÖrjan,2\n".encode("utf-16-le")), "namn") == ["Åsa", "Örjan"]


def test_utf8_bom() -> None:
    assert list(table_of("namn,tal\nÅsa,1\n".encode("utf-8-sig")).columns) == ["namn", "tal"]


def test_damaged_utf8_is_not_taken_for_cp1252() -> None:
    table = table_of(b"namn,tal\n" + "Åsa,1\nÖrjan,2\n".encode() * 30 + b"J\xf6rg,3\n")
    assert column(table, "namn")[:2] == ["Åsa", "Örjan"]
    assert any("line 62" in note.reason for note in table.notes.items)


def test_a_wrong_encoding_names_line_and_byte() -> None:
    with pytest.raises(DataError, match="line 2") as caught:
        table_of("namn,tal\nÅsa,1\n".encode("cp1252"), encoding="utf-8")
    assert caught.value.found == "byte 0xc5"


def test_every_row_longer_than_the_header_is_refused_with_both_lines() -> None:
    with pytest.raises(DataError, match="3 fields, the rows have 4") as caught:
        table_of("a,b,c\n1,2,3,4\n5,6,7,8\n")
    assert caught.value.expected == "a, b, c" and caught.value.found == "1, 2, 3, 4"


def test_a_delimiter_at_the_end_of_every_row_is_no_column() -> None:
    table = table_of("a,b\n1,2,\n3,4,\n")
    assert list(table.columns) == ["a", "b"] and len(table.lines) == 2


def test_a_class_called_na_is_a_class() -> None:
    table = table_of("x,label\n" + "1,NA\n2,None\n3,true\n" * 5)
    assert table.marks == () and guess(table, "label").distinct == 3


def test_limits() -> None:
    with pytest.raises(DataError, match="columns"):
        table_of(",".join(f"c{i}" for i in range(20_001)) + "\n" + ",".join("1" * 20_001) + "\n")
    with pytest.raises(DataError, match="larger than 1 MB"):
        table_of("a,b\n1," + "x" * (2 << 20) + "\n")


def test_delimiters_headers_and_decimals() -> None:
    assert find_delimiter("a b c\n1 2 3\n4 5 6\n") == " "
    assert find_delimiter("one sentence here\nand another, longer\n") == ","
    assert has_header([["name", "age"], ["Ann", "3"], ["Bob", "4"]], ".")
    assert not has_header([["1", "2"], ["3", "4"]], ".")
    assert has_header([["first", "second"], ["Ann", "x"], ["Bob", "y"]], ".")
    assert not has_header([["Ann", "x"], ["Bob", "y"], ["Ann", "y"]], ".")
    assert find_decimal([["1,5", "2"], ["2,25", "3"]], ";") == ","
    assert decode_table(b"a,b\n", "t.csv")[1] == "utf-8"


PENGUINS = "species,island,bill,mass,sex,rowid\n" + "".join(
    f"{('Adelie', 'Gentoo')[i % 2]},{('Dream', 'Biscoe', 'Torgersen')[i % 3]},"
    f"{'NA' if i == 4 else 35 + (i % 2) * 10 + i % 7 / 10},{3000 + 900 * (i % 2) + i},"
    f"{'NA' if i % 9 == 0 else 'male'},{i + 1}\n"
    for i in range(60)
)


def test_inspecting_a_table_finds_kinds_target_and_what_to_leave_aside(tmp_path: Path) -> None:
    path = tmp_path / "penguins.csv"
    path.write_text(PENGUINS)
    found = inspect(path)
    kinds = {field.name: (field.kind, field.role) for field in found.data.fields}
    assert kinds["species"] == (FieldKind.CATEGORY, Role.TARGET)
    assert kinds["island"] == (FieldKind.CATEGORY, Role.INPUT)
    assert kinds["bill"] == (FieldKind.NUMBER, Role.INPUT)
    assert kinds["rowid"][1] is Role.IGNORED
    assert found.samples == 60 and "60 rows" in found.description
    sex = found.data.field("sex")
    assert sex is not None and sex.statistics.classes == ("male",) and sex.statistics.missing > 0
    bill = found.data.field("bill")
    assert bill is not None and bill.statistics.missing <= 1 and 35 < bill.statistics.fill < 46
    project = propose("penguins", found.data)
    assert {node.type for node in project.graph.nodes.values()} >= {"Input", "Linear", "Output", "CrossEntropyLoss"}


def test_a_target_can_be_named_and_a_task_chosen(tmp_path: Path) -> None:
    path = tmp_path / "penguins.csv"
    path.write_text(PENGUINS)
    mass = inspect(path, target="MASS").data.targets()[0]
    assert (mass.name, mass.kind) == ("mass", FieldKind.NUMBER)
    with pytest.raises(DataError, match="no column 'weight'") as caught:
        inspect(path, target="weight")
    assert "species" in caught.value.expected
    with pytest.raises(DataError, match="does not hold numbers"):
        inspect(path, target="island", task="regression")
    with pytest.raises(DataError, match="too many for classes"):
        inspect(path, target="mass", task="classification")


def test_rows_without_a_target_are_left_out_by_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{'' if i == 3 else i * 0.5}\n" for i in range(40)))
    found = inspect(path, target="y")
    assert found.samples == 39
    assert [(left.where, left.reason) for left in found.left_out] == [("t.csv, line 5", "It has no y.")]


def test_train_and_test_tables_give_the_split(tmp_path: Path) -> None:
    rows = [f"{i},{'ab'[i % 2]}\n" for i in range(60)]
    (tmp_path / "train.csv").write_text("x,label\n" + "".join(rows[:40]))
    (tmp_path / "test.csv").write_text("x,label\n" + "".join(rows[40:]))
    found = inspect(tmp_path)
    from engine.data.dataset import open_dataset

    counts = open_dataset(tmp_path, found.data).counts
    assert counts.test == 20 and counts.train + counts.val == 40 and counts.val > 0
    (tmp_path / "other.csv").write_text("x,label\n1,a\n")
    with pytest.raises(DataError, match="3 tables"):
        inspect(tmp_path)


def test_text_and_numbers_together(tmp_path: Path) -> None:
    words = ["good fine great film", "bad dull awful film", "nice and warm story here", "cold and empty story there"]
    path = tmp_path / "reviews.csv"
    path.write_text(
        "review,stars,liked\n"
        + "".join(f"{words[i % 4]} number {i},{i % 5},{'yes' if i % 4 in (0, 2) else 'no'}\n" for i in range(80))
    )
    found = inspect(path, target="liked")
    review = found.data.field("review")
    assert review is not None and review.kind is FieldKind.TEXT and review.statistics.vocabulary
    types = [node.type for node in propose("reviews", found.data).graph.nodes.values()]
    assert "LSTM" in types and "Concatenate" in types


def test_reading_a_million_cells_is_quick_enough_to_wait_for() -> None:
    frame = pl.DataFrame({f"c{i}": np.random.default_rng(i).normal(size=5000) for i in range(20)})
    table = table_of(frame.write_csv())
    assert len(table.lines) == 5000 and len(table.columns) == 20


COMMENTS = ["you are awful and dull", "what a lovely warm day", "go away now you thing", "thanks for the kind help"]


@pytest.mark.parametrize("target", ["", "rude,angry,kind"])
def test_columns_of_zeros_and_ones_are_labels_together(target: str, tmp_path: Path) -> None:
    rows = "".join(
        f"{i},{COMMENTS[i % 4]} number {i},{int(i % 4 in (0, 2))},{int(i % 4 == 2)},{int(i % 4 in (1, 3))}\n"
        for i in range(60)
    )
    (tmp_path / "t.csv").write_text("id,comment,rude,angry,kind\n" + rows)
    found = inspect(tmp_path / "t.csv", target=target)
    (labels,) = found.data.targets()
    assert labels.kind is FieldKind.LABELS and labels.statistics.classes == ("rude", "angry", "kind")
    assert [field.name for field in found.data.inputs()] == ["comment"]
    types = {node.type for node in propose("x", found.data).graph.nodes.values()}
    assert {"LSTM", "BCEWithLogitsLoss"} <= types


def test_numbers_beside_zeros_and_ones_are_no_labels(tmp_path: Path) -> None:
    rows = "".join(f"{i * 0.5},{i % 2},{i % 3 == 0:d}\n" for i in range(60))
    (tmp_path / "t.csv").write_text("size,old,sold\n" + rows)
    assert inspect(tmp_path / "t.csv").data.targets()[0].name == "sold"
