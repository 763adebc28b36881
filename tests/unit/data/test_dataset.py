"""An open data set: prepared columns, raw values, cards, checks, and the cache behind pictures."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

import engine.data.column as column_module
from engine.data import cache, cache_folder
from engine.data.column import Column
from engine.data.dataset import open_dataset
from engine.data.importing import inspect, measure, refresh
from engine.data.preparation import Preparation
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Split, SplitMethod, Step
from engine.errors import DataError
from tests.unit.data.samples_on_disk import idx_folder, noisy, picture_folder, png, text_folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_prepared_columns_follow_the_split(tmp_path: Path, project: Path) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    dataset = open_dataset(project, data)
    for split in ("train", "val", "test", "all"):
        column = dataset.columns(("pixels",), split)
        numbers = dataset.split_indices(split)
        assert len(column) == len(numbers)
        rows = torch.arange(len(column)).flip(0)
        batch = column.gather(rows)
        assert batch.dtype is torch.float32 and batch.shape[1:] == (3, 12, 12)
        raw = [dataset.raw(int(numbers[row]), "pixels") for row in rows.tolist()]
        expected = Preparation(data.fields[0]).apply(raw)
        torch.testing.assert_close(batch, expected, rtol=0, atol=1e-6)
        labels = dataset.columns(("label",), split).gather(rows)
        assert labels.dtype is torch.int64
        assert labels.tolist() == dataset.labels("label")[numbers[rows]].tolist()
    assert dataset.columns(("pixels",), "train") is dataset.columns(("pixels",), "train")


def test_too_large_for_memory_gives_the_same_batches(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    whole = open_dataset(project, data).columns(("pixels",), "train")
    part = Column(whole._parts, streamed=True)
    assert part.whole() is None and whole.whole() is not None
    rows = torch.tensor([5, 0, 0, 19, 3])
    torch.testing.assert_close(part.gather(rows), whole.gather(rows), rtol=0, atol=0)
    monkeypatch.setattr(column_module, "_CHUNK_BYTES", 5000)
    fresh = Column(whole._parts)
    torch.testing.assert_close(fresh.whole(), whole.whole(), rtol=0, atol=0)


def test_pictures_are_decoded_once(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = picture_folder(tmp_path / "pets")
    data = inspect(root).data
    user = cache_folder.user_cache_dir() / "data"
    assert len(list(user.iterdir())) == 1
    first = open_dataset(project, data)
    assert not list(user.iterdir()), "what importing decoded moves into the project"
    assert len(list((project / ".netwright" / "cache").iterdir())) == 1

    def refuse(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(cache, "_build", refuse)
    again = open_dataset(project, data)
    assert again.fingerprint == first.fingerprint
    torch.testing.assert_close(again.columns(("pixels",), "all").whole(), first.columns(("pixels",), "all").whole())


def test_a_damaged_or_deleted_cache_is_built_again(tmp_path: Path, project: Path) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    expected = open_dataset(project, data).columns(("pixels",), "all").whole()
    (folder,) = (project / ".netwright" / "cache").iterdir()
    for name in ("pixels.npy", "kept.npy", "cache.json"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
        torch.testing.assert_close(open_dataset(project, data).columns(("pixels",), "all").whole(), expected)
    shutil.rmtree(project / ".netwright")
    torch.testing.assert_close(open_dataset(project, data).columns(("pixels",), "all").whole(), expected)


def test_a_changed_picture_or_size_is_decoded_anew(tmp_path: Path, project: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    data = inspect(root).data
    before = open_dataset(project, data)
    (root / "cat" / "000.png").write_bytes(png(noisy(4242)))
    after = open_dataset(project, data)
    assert after.fingerprint != before.fingerprint
    assert not torch.equal(after.columns(("pixels",), "all").whole()[0], before.columns(("pixels",), "all").whole()[0])
    steps = (Step(type="Resize", attributes={"height": 6, "width": 8}), Step(type="Scale"))
    small = msgspec.structs.replace(
        data, fields=(msgspec.structs.replace(data.fields[0], preparation=steps), data.fields[1])
    )
    assert open_dataset(project, small).columns(("pixels",), "train").row_shape == (3, 6, 8)


def test_a_project_that_cannot_be_written_uses_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    monkeypatch.setattr("os.access", lambda *_: False)
    locked = tmp_path / "locked"
    locked.mkdir()
    dataset = open_dataset(locked, data)
    assert dataset.samples == 24 and not (locked / ".netwright").exists()


def test_old_caches_are_cleared_away(tmp_path: Path, project: Path) -> None:
    data = inspect(picture_folder(tmp_path / "pets", per_class=3)).data
    for size in range(4, 12):
        steps = (Step(type="Resize", attributes={"height": size, "width": size}), Step(type="Scale"))
        field = msgspec.structs.replace(data.fields[0], preparation=steps)
        open_dataset(project, msgspec.structs.replace(data, fields=(field, data.fields[1])))
    assert len(list((project / ".netwright" / "cache").iterdir())) == cache_folder.KEPT_FOLDERS


def test_pictures_of_several_sizes_need_a_resize(tmp_path: Path, project: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=3)
    (root / "cat" / "big.png").write_bytes(png(noisy(1, 30, 40)))
    data = inspect(root).data
    assert data.fields[0].statistics.shape == (None, None, 3)
    bare = msgspec.structs.replace(data.fields[0], preparation=(Step(type="Scale"),))
    with pytest.raises(DataError, match="different sizes") as caught:
        open_dataset(project, msgspec.structs.replace(data, fields=(bare, data.fields[1])))
    assert "Resize" in caught.value.hint


def test_relative_and_resource_paths(tmp_path: Path, project: Path) -> None:
    idx_folder(project / "data")
    data = inspect(project / "data").data
    relative = msgspec.structs.replace(data, sources=(Source(kind=SourceKind.IDX, path="data"),))
    assert open_dataset(project, relative).samples == 80
    with pytest.raises(DataError, match="out of the resources"):
        open_dataset(
            project, msgspec.structs.replace(data, sources=(Source(kind=SourceKind.IDX, path="resource:../x"),))
        )
    with pytest.raises(DataError, match="no data yet"):
        open_dataset(project, DataSpec())


def test_cards(tmp_path: Path, project: Path) -> None:
    dataset = open_dataset(project, inspect(picture_folder(tmp_path / "pets", size=40)).data)
    card = dataset.card(0, 16)
    assert (card.label, card.name, card.width, card.height, len(card.rgb)) == (
        "cat",
        "cat/000.png",
        16,
        16,
        16 * 16 * 3,
    )
    assert dataset.card(0, 96).width == 40
    assert dataset.card(999).problem
    (tmp_path / "pets" / "cat" / "000.png").unlink()
    assert "not there" in dataset.card(0).problem
    table = tmp_path / "t.csv"
    table.write_text(
        "size,color,label\n" + "".join(f"{i * 1.5},{'' if i == 0 else 'red'},{'ab'[i % 2]}\n" for i in range(20))
    )
    rows = open_dataset(project, inspect(table).data)
    assert rows.card(0).lines == ["size: 0", "color: missing"] and rows.card(1).lines == ["size: 1.5", "color: red"]
    names = open_dataset(project, inspect(text_folder(tmp_path / "names")).data)
    assert names.card(0).lines == ["anna0a"] and names.card(0).label == "female"


def test_checks_tell_what_is_wrong(tmp_path: Path, project: Path) -> None:
    root = picture_folder(tmp_path / "pets", per_class=50)
    (root / "rat").mkdir()
    for index in range(5):
        (root / "rat" / f"{index}.png").write_bytes(png(noisy(5000 + index)))
    (root / "rat" / "same.png").write_bytes((root / "cat" / "003.png").read_bytes())
    reasons = [check.message for check in open_dataset(project, inspect(root).data).checks]
    assert any("uneven: 50 of cat, 6 of rat" in reason for reason in reasons)
    assert any("fewer than 10 samples of rat" in reason for reason in reasons)
    assert any("more than one label" in reason for reason in reasons)
    assert not any("more than one split" in reason for reason in reasons)


def test_copies_of_given_test_samples_are_test_samples(tmp_path: Path, project: Path) -> None:
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for index in range(4):
                seed = index + 10 * (name == "dog") + (100 if split == "test" and index else 0)
                (tmp_path / "set" / split / name / f"{index}.png").write_bytes(png(noisy(seed)))
    dataset = open_dataset(project, inspect(tmp_path / "set").data)
    copies = [index for index in range(dataset.samples) if dataset.name(index).endswith("0.png")]
    assert len(copies) == 4 and {int(dataset.splits[index]) for index in copies} == {2}


def test_constant_columns_and_missing_values_are_told(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,same,word,label\n" + "".join(f"{'' if i < 3 else i},7,one,{'ab'[i % 2]}\n" for i in range(30)))
    reasons = [check.message for check in open_dataset(project, inspect(path).data).checks]
    assert any(reason.startswith("3 of 30 values of x are missing.") for reason in reasons)
    assert any(reason.startswith("same has the same value") for reason in reasons)
    assert any(reason.startswith("word has the same value") for reason in reasons)


def test_a_class_the_project_does_not_know_is_left_out(tmp_path: Path, project: Path) -> None:
    root = picture_folder(tmp_path / "pets")
    data = inspect(root).data
    (root / "rat").mkdir()
    (root / "rat" / "1.png").write_bytes(png(noisy(1)))
    dataset = open_dataset(project, data)
    assert dataset.samples == 24
    assert dataset.left_out[0].where == "rat/1.png" and "'rat' is not one of" in dataset.left_out[0].reason
    assert refresh(project, data).fields[1].statistics.classes == ("cat", "dog", "rat")


def test_measuring_uses_the_train_split_alone(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * 2.5}\n" for i in range(200)))
    dataset = open_dataset(project, inspect(path, target="y").data)
    train = np.array([dataset.raw(i, "x") for i in dataset.split_indices("train").tolist()])
    x = measure(dataset).field("x")
    assert x is not None
    assert x.statistics.mean[0] == pytest.approx(train.mean(), rel=1e-6)
    assert x.statistics.std[0] == pytest.approx(train.std(), rel=1e-6)
    assert (x.statistics.minimum, x.statistics.maximum) == ((train.min(),), (train.max(),))


def test_picture_statistics_are_exact(tmp_path: Path, project: Path) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    dataset = open_dataset(project, data)
    train = np.stack([dataset.raw(i, "pixels") for i in dataset.split_indices("train").tolist()]).reshape(-1, 3)
    np.testing.assert_allclose(data.fields[0].statistics.mean, train.mean(0), rtol=1e-6)
    np.testing.assert_allclose(data.fields[0].statistics.std, train.std(0), rtol=1e-6)


def test_fields_that_are_not_there_or_cannot_stand_together(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i},{i * 2.5}\n" for i in range(30)))
    data = inspect(path, target="y").data
    dataset = open_dataset(project, data)
    with pytest.raises(DataError, match="no field 'z'"):
        dataset.columns(("z",), "train")
    with pytest.raises(DataError, match="names no field"):
        dataset.columns((), "train")
    with pytest.raises(DataError, match="no split"):
        dataset.columns(("x",), "future")
    ghost = Field(name="ghost", kind=FieldKind.NUMBER)
    with pytest.raises(DataError, match="no column 'ghost'"):
        open_dataset(project, msgspec.structs.replace(data, fields=(*data.fields, ghost)))
    pets = open_dataset(project, inspect(picture_folder(tmp_path / "pets", per_class=3)).data)
    with pytest.raises(DataError, match="cannot stand beside"):
        pets.columns(("pixels", "label"), "train")


def test_an_ignored_column_is_not_read(tmp_path: Path, project: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("note,x,y\n" + "".join(f"n{i},{i % 9},{i * 2.5}\n" for i in range(40)))
    data = inspect(path, target="y").data
    note = data.field("note")
    assert note is not None and note.role is Role.IGNORED
    with pytest.raises(DataError):
        open_dataset(project, data).raw(0, "note")


def test_the_same_data_opens_to_the_same_split_and_another_seed_to_another(tmp_path: Path, project: Path) -> None:
    data = inspect(picture_folder(tmp_path / "pets")).data
    first, second = open_dataset(project, data), open_dataset(project, data)
    assert (first.splits == second.splits).all()
    other = msgspec.structs.replace(data, split=Split(method=SplitMethod.STRATIFIED, seed=99))
    assert (open_dataset(project, other).splits != first.splits).any()
