"""State dicts are read without unpickling: what torch writes comes out the same, whatever else is refused unrun."""

import collections
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engine.errors import DataError
from engine.pretrained.state_dict import read_state_dict


def saved(state: object, *, old: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer, _use_new_zipfile_serialization=not old)
    return buffer.getvalue()


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Embedding(5, 2).half(), nn.Linear(2, 2).double())


@pytest.mark.parametrize("old", [False, True])
def test_what_torch_saves_comes_out_the_same(old: bool) -> None:
    state = network().state_dict()
    found = read_state_dict(saved(state, old=old))
    assert list(found) == list(state)
    for name, tensor in state.items():
        assert found[name].dtype == tensor.numpy().dtype and found[name].shape == tuple(tensor.shape)
        np.testing.assert_array_equal(found[name], tensor.numpy())


@pytest.mark.parametrize("old", [False, True])
def test_views_and_shared_storages_are_put_in_order(old: bool) -> None:
    base = torch.arange(24.0).reshape(4, 6)
    state = {"all": base, "turned": base.t(), "part": base[1:3, ::2], "one": base[2, 3], "none": base[:0]}
    found = read_state_dict(saved(state, old=old))
    for name, tensor in state.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())
        assert found[name].flags.c_contiguous and found[name].flags.writeable


def test_a_plain_dict_and_parameters_do_too() -> None:
    state = {"weight": nn.Parameter(torch.ones(2, 2))}
    np.testing.assert_array_equal(read_state_dict(saved(state))["weight"], np.ones((2, 2)))


class _Harm:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (os.open, (str(self.path), os.O_CREAT | os.O_WRONLY))


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    "hostile",
    [
        lambda harm: {"weight": torch.ones(2), "other": harm},
        lambda harm: harm,
        lambda harm: [harm],
        lambda harm: {harm: torch.ones(2)},
        lambda harm: collections.OrderedDict(weight=torch.ones(1), more={"deep": (harm,)}),
    ],
)
def test_a_file_that_would_run_something_is_refused(
    hostile: Callable[[_Harm], object], old: bool, tmp_path: Path
) -> None:
    harm = _Harm(tmp_path / "harm")
    data = saved(hostile(harm), old=old)
    with pytest.raises(DataError) as refusal:
        read_state_dict(data)
    assert refusal.value.hint == "Nothing of the file was run." and not harm.path.exists()


@pytest.mark.parametrize(
    "code",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02ccollections\nOrderedDict\n}\x81.",
        b"(i__main__\nX\n.",
        b"\x80\x02}(X\x01\x00\x00\x00a]s.",
        b"\x80\x02X\x05\x00\x00\x00state.",
        b"\x80\x02" + b"(" * 20_000 + b".",
        b"\x80\x02" + b"]" * 20_000 + b".",
        b"\x80\x02h\x07.",
        b"\x80\x02}0.",
        b"\x80\x022.",
        b"\x80\x02e.",
        b"\x80\x02",
        b"",
    ],
)
def test_pickles_of_any_kind_are_refused_in_words(code: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", code)
    for data in (buffer.getvalue(), code, saved({"a": torch.ones(1)}, old=True)[:137] + code):
        with pytest.raises(DataError, match="cannot be read"):
            read_state_dict(data)


def edited(change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """A saved state dict whose parts are changed; None leaves one out."""
    buffer = io.BytesIO()
    whole = io.BytesIO(saved({"a": torch.ones(64), "b": torch.ones(2)}))
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = change(name.partition("/")[2], old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: content[:-4] if name == "data/0" else content,
        lambda name, content: None if name == "data/1" else content,
        lambda name, content: None if name == "data.pkl" else content,
        lambda name, content: b"big" if name == "byteorder" else content,
        # a tensor of 65 numbers in a storage of 64, one that begins behind it, one of a million by a step of 0
        lambda name, content: content.replace(b"K@\x85", b"KA\x85") if name == "data.pkl" else content,
        lambda name, content: content.replace(b"K\x00K@\x85", b"K\x02K@\x85") if name == "data.pkl" else content,
        lambda name, content: content.replace(b"K@\x85q", b"J\x00\x00\x00\x7f\x85q") if name == "data.pkl" else content,
    ],
)
def test_tensors_that_do_not_lie_in_the_file_are_refused(change: Callable[[str, bytes], bytes | None]) -> None:
    assert set(read_state_dict(edited(lambda _name, content: content))) == {"a", "b"}
    with pytest.raises(DataError):
        read_state_dict(edited(change))


def test_packed_archives_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
    with pytest.raises(DataError, match="packed"):
        read_state_dict(buffer.getvalue())


@given(place=st.integers(0, 2000), value=st.integers(0, 255), old=st.booleans(), cut=st.booleans())
@settings(max_examples=150, deadline=None)
def test_damaged_files_are_refused_or_read_never_worse(place: int, value: int, old: bool, cut: bool) -> None:
    data = bytearray(saved(collections.OrderedDict(a=torch.ones(3), b=torch.zeros(2, 2)), old=old))
    place %= len(data)
    if cut:
        del data[place:]
    else:
        data[place] = value
    try:
        found = read_state_dict(bytes(data))
    except DataError:
        return
    assert all(array.size <= 8 for array in found.values())
