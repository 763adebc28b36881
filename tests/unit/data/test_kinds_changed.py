"""A column taken for another kind is read, measured and prepared as that, whatever it holds."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.catalog.field_kinds import default_steps, fields_as, kinds_for
from engine.data.dataset import open_dataset
from engine.data.importing import inspect, refresh
from engine.document.data_spec import DataSpec, FieldKind, Role

HEADER = "id,age,town,when,tags,note,answer\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DataSpec]:
    folder = tmp_path_factory.mktemp("kinds")
    rows = "".join(
        f"{i},{'' if i == 7 else 20 + i % 30},{('Oslo', 'Lima', '')[i % 3]},2021-{1 + i % 12:02}-{1 + i % 28:02},"
        f"{('a;b', 'b', 'c;a')[i % 3]},a note of some words {i},{i % 2}\n"
        for i in range(80)
    )
    (folder / "t.csv").write_text(HEADER + rows)
    return folder, inspect(folder / "t.csv", target="answer", project_dir=folder).data


@pytest.mark.parametrize(
    "kind", [FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.TEXT, FieldKind.DATE, FieldKind.LABELS]
)
@pytest.mark.parametrize("name", ["id", "age", "town", "when", "tags", "note"])
def test_every_column_as_every_kind(name: str, kind: FieldKind, data: tuple[Path, DataSpec]) -> None:
    folder, spec = data
    field = spec.field(name)
    assert field is not None and kind in kinds_for(field)
    taken = msgspec.structs.replace(fields_as(field, kind), role=Role.INPUT)
    if not taken.preparation:  # as the window does when an ignored column is to be used
        taken = msgspec.structs.replace(taken, preparation=default_steps(kind, Role.INPUT))
    assert taken.preparation
    changed = msgspec.structs.replace(spec, fields=tuple(taken if f.name == name else f for f in spec.fields))
    measured = refresh(folder, changed)
    dataset = open_dataset(folder, measured)
    assert dataset.samples == 80
    whole = dataset.columns((name,), "all").whole()
    assert whole is not None and len(whole) == 80 and bool(np.isfinite(whole.numpy()).all())
    found = measured.field(name)
    assert found is not None and found.kind is kind
    fits = {"age": FieldKind.NUMBER, "when": FieldKind.DATE}.get(name)
    if kind is fits and kind is FieldKind.NUMBER:
        assert found.statistics.missing <= 1 and found.statistics.minimum == (20.0,)
    if name == "tags" and kind is FieldKind.LABELS:
        assert found.statistics.classes == ("a", "b", "c")
