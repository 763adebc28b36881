"""Archives of every kind give what a folder gives; what would harm is refused by name, what is cut off used in part."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.readers import archives
from engine.data.readers.files import FileTree, open_tree
from engine.document.data_spec import SourceKind
from engine.errors import DataError
from tests.unit.data.samples_on_disk import noisy, png

FILES = {f"set/{name}/{number}.png": png(noisy(number)) for name in ("cat", "dog") for number in range(4)}


def tarred(mode: str, files: dict[str, bytes] | None = None) -> bytes:
    """A tar archive of files; `mode` is that of tarfile."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as target:
        for name, data in (files or FILES).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return stream.getvalue()


def contents(tree: FileTree) -> dict[str, bytes]:
    """Every file of a tree."""
    return {entry.name: tree.read(entry) for entry in tree.entries}


def opened(tmp_path: Path, name: str, data: bytes) -> FileTree:
    (tmp_path / name).write_bytes(data)
    return open_tree(tmp_path / name)


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz", "zip", "what"])
def test_every_archive_gives_its_files(tmp_path: Path, ending: str) -> None:
    mode = {"tar.gz": "w:gz", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz", "what": "w:gz"}.get(ending, "w")
    tree = opened(tmp_path, f"pets.{ending}", zipped(FILES) if ending == "zip" else tarred(mode))
    assert contents(tree) == {name.removeprefix("set/"): data for name, data in FILES.items()}
    assert tree.inside == ("set",) and tree.is_archive and tree.on_disk(tree.entries[0]) is None
    assert tree.head(tree.entries[0], 8) == b"\x89PNG\r\n\x1a\n"
    assert tree.listing() == open_tree(tmp_path / f"pets.{ending}").listing()
    tree.close()
    assert [path.name for path in tmp_path.iterdir()] == [f"pets.{ending}"]


def test_links_devices_and_ways_out_of_a_tar_are_refused_by_name(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as target:
        kinds = {
            "link.png": (tarfile.SYMTYPE, "/etc/passwd"),
            "hard.png": (tarfile.LNKTYPE, "cat.png"),
            "device.png": (tarfile.CHRTYPE, ""),
            "pipe.png": (tarfile.FIFOTYPE, ""),
        }
        for name, (kind, to) in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, to
            target.addfile(info)
        for name in ("/abs.png", "../out.png", "a/../../out2.png", "cat.png", "__MACOSX/cat.png", "a/.hidden"):
            info = tarfile.TarInfo(name)
            info.size = 4
            target.addfile(info, io.BytesIO(b"data"))
    tree = opened(tmp_path, "evil.tar.gz", stream.getvalue())
    assert contents(tree) == {"cat.png": b"data"}
    reasons = {left.where: left.reason for left in tree.left_out.items}
    assert reasons == {
        "link.png": "It is a link.",
        "hard.png": "It is a link.",
        "device.png": "It is not a regular file.",
        "pipe.png": "It is not a regular file.",
        "/abs.png": "Its path leads out of the archive.",
        "../out.png": "Its path leads out of the archive.",
        "a/../../out2.png": "Its path leads out of the archive.",
    }


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_what_is_left_of_a_cut_tar_is_used(tmp_path: Path, mode: str, tenth: int) -> None:
    whole = tarred(mode)
    try:
        tree = opened(tmp_path, f"cut.tar.{mode[2:]}".rstrip("."), whole[: len(whole) * tenth // 10])
    except DataError as error:
        assert "nothing in it can be read" in error.message and (tenth < 4 or mode in ("w:bz2", "w:xz"))
        return
    found = contents(tree)
    whole_ones = {name.rpartition("/")[2]: data for name, data in FILES.items()}
    assert found and all(whole_ones[name.rpartition("/")[2]] == data for name, data in found.items())
    if len(found) < len(FILES):
        assert any("cut off" in left.reason or "damaged" in left.reason for left in tree.left_out.items)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_is_left_of_a_cut_zip_is_used(tmp_path: Path, method: int) -> None:
    whole = zipped(FILES, method)
    tree = opened(tmp_path, "cut.zip", whole[: len(whole) // 2])
    found = contents(tree)
    assert 1 <= len(found) < len(FILES) and found["0.png"] == FILES["set/cat/0.png"]
    assert any("The archive is cut off" in left.reason for left in tree.left_out.items)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object) -> None:
    monkeypatch.setattr(archives, "MAX_RATIO", 50)
    bomb = pack(tarred("w", {"zeros.csv": bytes(4 << 20)}))  # type: ignore[operator]
    with pytest.raises(DataError, match="from almost nothing"):
        opened(tmp_path, "bomb.tar.gz", bomb)
    tree = opened(tmp_path, "bomb.csv.gz", pack(bytes(4 << 20)))  # type: ignore[operator]
    with pytest.raises(DataError, match="from almost nothing"):
        tree.read(tree.entries[0])


def test_a_huge_header_costs_no_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    with pytest.raises(DataError, match="nothing in it can be read"):
        opened(tmp_path, "huge.tar", info.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))


def test_a_packed_table_is_one_file(tmp_path: Path) -> None:
    for name, pack in (("t.csv.gz", gzip.compress), ("t.csv.bz2", bz2.compress), ("t.csv.xz", lzma.compress)):
        tree = opened(tmp_path, name, pack(b"a,b\n1,2\n") + pack(b"3,4\n"))
        assert contents(tree) == {"t.csv": b"a,b\n1,2\n3,4\n"}
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "t.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    (tmp_path / "folder" / "digits-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\x03"))
    tree = open_tree(tmp_path / "folder")
    assert [entry.name for entry in tree.entries] == ["digits-idx3-ubyte.gz", "t.csv"]
    assert tree.read(tree.entries[1]) == b"a\n1\n"
    cut = opened(tmp_path, "cut.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-6])
    with pytest.raises(DataError, match="ends too early"):
        cut.read(cut.entries[0])


@pytest.mark.parametrize("outer", ["folder", "zip"])
def test_one_archive_for_each_class_becomes_class_folders(tmp_path: Path, outer: str) -> None:
    inner = {"cat.zip": zipped({"a.png": b"1", "b.png": b"2"}), "dog.tar.gz": tarred("w:gz", {"a.png": b"3"})}
    inner |= {"broken.zip": b"PK\x03\x04rubbish", "evil.zip": zipped({"../x.png": b"4", "ok.png": b"5"})}
    root = tmp_path / "classes"
    if outer == "zip":
        root = tmp_path / "classes.zip"
        root.write_bytes(zipped({**inner, "README.md": b"hello"}))
    else:
        root.mkdir()
        for name, data in {**inner, "README.md": b"hello"}.items():
            (root / name).write_bytes(data)
    tree = open_tree(root)
    assert contents(tree) == {
        "README.md": b"hello",
        "cat/a.png": b"1",
        "cat/b.png": b"2",
        "dog/a.png": b"3",
        "evil/ok.png": b"5",
    }
    reasons = {left.where: left.reason for left in tree.left_out.items}
    assert "not a complete zip" in reasons["broken.zip"] and "leads out" in reasons["evil.zip/../x.png"]


def test_an_archive_beside_its_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png(noisy(1)))
    (tmp_path / "copy.zip").write_bytes(zipped({"cat.png": b"1"}))
    assert [entry.name for entry in open_tree(tmp_path).entries] == ["cat.png", "copy.zip"]


@pytest.mark.parametrize(("name", "data"), [("a.7z", b"7z\xbc\xaf\x27\x1c"), ("a.rar", b"Rar!\x1a\x07\x01")])
def test_archives_that_cannot_be_opened_say_so(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(DataError, match="archive, which cannot be opened here"):
        opened(tmp_path, name, data + bytes(100))


def test_a_part_of_an_archive_has_a_path(tmp_path: Path) -> None:
    archive = tmp_path / "sets.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name in ("a", "b"):
            rows = "".join(f"{number},{'xy'[number % 2]}\n" for number in range(30))
            target.writestr(f"sets/{name}.csv", f"{name},kind\n{rows}")
        for name in ("cat", "dog"):
            for number in range(6):
                target.writestr(f"sets/pets/{name}/{number}.png", png(noisy(number + 10 * ord(name[0]))))
    found = inspect(archive / "sets" / "b.csv")
    assert found.samples == 30 and [field.name for field in found.data.fields] == ["b", "kind"]
    assert open_dataset(None, found.data).samples == 30
    assert inspect(archive / "b.csv").samples == 30  # the folder that holds everything may be left out
    assert inspect(archive / "pets").samples == 12
    for wrong in ("c.csv", "pets/cow"):
        with pytest.raises(DataError, match="nothing called"):
            inspect(archive / wrong)
    with pytest.raises(DataError, match="nothing called"):
        inspect(Path(__file__) / "b.csv")


def test_of_several_tables_the_paths_are_offered(tmp_path: Path) -> None:
    archive = tmp_path / "sets.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name in ("a", "b"):
            target.writestr(f"{name}.csv", f"{name},kind\n" + "1,x\n2,y\n" * 9)
    with pytest.raises(DataError) as told:
        inspect(archive)
    assert told.value.choices == (str(archive / "a.csv"), str(archive / "b.csv"))
    assert told.value.as_dict()["choices"].split("\n") == list(told.value.choices)
    assert inspect(told.value.choices[1]).samples == 18


def test_one_zip_for_each_class_is_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    root = tmp_path / "samples"
    root.mkdir()
    for first, name in ((0, "thumb up"), (50, "nothing")):
        (root / f"{name}.zip").write_bytes(zipped({f"{n}.png": png(noisy(first + n)) for n in range(6)}))
    found = inspect(root)
    assert found.samples == 12 and found.data.targets()[0].statistics.classes == ("nothing", "thumb up")
    assert inspect(root / "nothing.zip").data.sources[0].kind is SourceKind.LOOSE_FILES
