"""Reads the tensors of a plain state dict that torch has saved, without unpickling anything.

A pickle is a program. This reader goes through its steps with `pickletools.genops` and knows those that build dicts,
lists, tuples, strings, whole numbers and tensors; every other step, and every name but that of an ordered dict, a
storage and the rebuilding of a tensor, is refused. Source: torch/serialization.py and torch/_utils.py of torch 1.5
(a row of pickles, then raw storages) and of torch 1.6 on (a zip with data.pkl and a file for each storage).
"""

import io
import math
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import DataError

MAGIC: Final = 0x1950A86A20F9469CFC6C
PROTOCOL: Final = 1001
_MOST_STEPS: Final = 2_000_000
_MOST_BYTES: Final = 4 << 30
_DEEPEST: Final = 10_000
_STORAGES: Final = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}
_ORDERED_DICT: Final = "collections OrderedDict"
_TENSOR: Final = "torch._utils _rebuild_tensor_v2"
_PARAMETER: Final = "torch._utils _rebuild_parameter"
_NAMES: Final = frozenset({_ORDERED_DICT, _TENSOR, _PARAMETER, *_STORAGES})

Array = npt.NDArray[Any]


class _Mark:
    """Where a tuple, list or run of items begins on the stack."""


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Dict(dict[Any, Any]):
    """A dict of the file: only it may be filled, so that nothing of ours can be."""


class _List(list[Any]):
    """A list of the file."""


def read_state_dict(data: bytes, where: str = "the file") -> dict[str, Array]:
    """The tensors of a state dict by name, as arrays of their own. Raises DataError for anything else."""
    try:
        found = _read(data)
    except _RefusedError as refusal:
        raise _error(str(refusal), where) from None
    except (ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, UnicodeError, MemoryError) as error:
        raise _error("it is cut off or damaged", where) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise _error("its archive is damaged", where) from error
    return found


class _RefusedError(Exception):
    """The file holds what a plain state dict does not; the message says what."""


def _error(why: str, where: str) -> DataError:
    return DataError(
        f"These weights cannot be read: {why}.",
        where=where,
        expected="a plain state dict of tensors",
        found=why,
        hint="Nothing of the file was run.",
    )


def _read(data: bytes) -> dict[str, Array]:
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _from_zip(archive)
    file = io.BytesIO(data)
    if _value(file) != MAGIC or _value(file) != PROTOCOL:
        raise _RefusedError("it was not saved by torch")
    system = _value(file)
    if not isinstance(system, _Dict) or system.get("little_endian") is not True:
        raise _RefusedError("it comes from a machine of another kind")
    state, keys = _value(file), _value(file)
    if not isinstance(keys, _List) or not all(isinstance(key, str) for key in keys):
        raise _RefusedError("its list of storages is not one")
    needed = {tensor.storage.key: tensor.storage for tensor in _tensors(state).values()}
    storages: dict[str, Array] = {}
    for key in keys:
        count = int.from_bytes(_exactly(file, 8), "little", signed=True)
        storage = needed.get(key)
        if storage is None or storage.count != count or count < 0:
            raise _RefusedError("a storage is not as the list says")
        storages[key] = np.frombuffer(_exactly(file, count * np.dtype(storage.dtype).itemsize), storage.dtype)
    return _filled(state, storages.__getitem__)


def _from_zip(archive: zipfile.ZipFile) -> dict[str, Array]:
    sizes = {item.filename: item for item in archive.infolist()}
    pickles = [name for name in sizes if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise _RefusedError("it holds no data.pkl")
    if any(item.compress_type != zipfile.ZIP_STORED for item in sizes.values()):
        raise _RefusedError("parts of it are packed, which torch does not do")
    if sum(item.file_size for item in sizes.values()) > _MOST_BYTES:
        raise _RefusedError("it is too large")
    root = pickles[0].removesuffix("data.pkl")
    order = root + "byteorder"
    if order in sizes and archive.read(order) != b"little":
        raise _RefusedError("it comes from a machine of another kind")
    state = _value(io.BytesIO(archive.read(pickles[0])))
    kept: dict[str, Array] = {}

    def storage(key: str) -> Array:
        if key not in kept:
            wanted = next(tensor.storage for tensor in tensors.values() if tensor.storage.key == key)
            name = f"{root}data/{key}"
            if name not in sizes or sizes[name].file_size != wanted.count * np.dtype(wanted.dtype).itemsize:
                raise _RefusedError("a storage is not as large as its tensors say")
            kept[key] = np.frombuffer(archive.read(name), wanted.dtype)
        return kept[key]

    tensors = _tensors(state)
    return _filled(state, storage)


def _exactly(file: IO[bytes], count: int) -> bytes:
    data = file.read(count)
    if count < 0 or len(data) != count:
        raise _RefusedError("it is cut off or damaged")
    return data


def _tensors(state: object) -> dict[str, _Tensor]:
    if not isinstance(state, _Dict) or not state:
        raise _RefusedError("it is no state dict")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise _RefusedError(f"'{str(name)[:40]}' is not a tensor")
    return state


def _filled(state: object, storage: Callable[[str], Array]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, tensor in _tensors(state).items():
        flat = storage(tensor.storage.key)
        if flat.dtype != np.dtype(tensor.storage.dtype):
            raise _RefusedError("a storage has two kinds of numbers")
        steps = tuple(step * flat.itemsize for step in tensor.strides)
        view = np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, steps, writeable=False)
        found[name] = np.ascontiguousarray(view).reshape(tensor.shape).copy()
    return found


def _tensor(arguments: tuple[Any, ...]) -> _Tensor:
    """What _rebuild_tensor_v2 is given: storage, offset, size, stride, requires_grad, hooks."""
    if len(arguments) not in (6, 7) or not isinstance(arguments[0], _Storage):
        raise _RefusedError("a tensor is not as torch writes it")
    storage, offset, shape, strides = arguments[:4]
    numbers = (offset, *shape, *strides)
    if not isinstance(shape, tuple) or not isinstance(strides, tuple) or len(shape) != len(strides) or len(shape) > 16:
        raise _RefusedError("a tensor is not as torch writes it")
    if any(type(number) is not int or number < 0 for number in numbers) or (len(arguments) == 7 and arguments[6]):
        raise _RefusedError("a tensor is not as torch writes it")
    count = math.prod(shape)
    last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) if count else offset
    if count > storage.count or last >= max(storage.count, 1):
        raise _RefusedError("a tensor reaches beyond its storage")
    return _Tensor(storage, offset, shape, strides)


def _storage(item: object) -> _Storage:
    """What a persistent id of torch says: "storage", its type, key, place, count (and None, in older files)."""
    if not isinstance(item, tuple) or len(item) not in (5, 6) or item[0] != "storage" or item[5:] not in ((), (None,)):
        raise _RefusedError("a storage is not as torch writes it")
    _, kind, key, _place, count = item[:5]
    if not isinstance(kind, _Name) or kind.text not in _STORAGES or not isinstance(key, str) or type(count) is not int:
        raise _RefusedError("a storage is not as torch writes it")
    if not 0 <= count <= _MOST_BYTES or not key.isalnum():
        raise _RefusedError("a storage is not as torch writes it")
    return _Storage(key, _STORAGES[kind.text], count)


def _reduced(function: object, arguments: object) -> object:
    """The only calls there are: an ordered dict, a tensor, a parameter around a tensor."""
    name = function.text if isinstance(function, _Name) else ""
    if name == _ORDERED_DICT and arguments == ():
        return _Dict()
    if name == _TENSOR and isinstance(arguments, tuple):
        return _tensor(arguments)
    if name == _PARAMETER and isinstance(arguments, tuple) and isinstance(arguments[0], _Tensor):
        return arguments[0]
    raise _RefusedError(f"it calls {name or 'something'}, which no state dict needs")


def _value(file: IO[bytes]) -> object:
    """The value of the next pickle in a file."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for number, (step, argument, _place) in enumerate(pickletools.genops(file)):
        if number > _MOST_STEPS or len(stack) > _DEEPEST:
            raise _RefusedError("it is too long")
        if step.name == "STOP":
            if len(stack) != 1:
                raise _RefusedError("it is cut off or damaged")
            return stack[0]
        do = _STEPS.get(step.name)
        if do is None:
            raise _RefusedError(f"it holds the step {step.name}, which no state dict needs")
        do(stack, memo, argument)
    raise _RefusedError("it is cut off or damaged")


_Step = Callable[[list[Any], dict[int, Any], Any], None]


def _nothing(_stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    pass


def _push(make: Callable[[Any], Any]) -> _Step:
    def do(stack: list[Any], _memo: dict[int, Any], argument: Any) -> None:
        stack.append(make(argument))

    return do


def _small(number: Any) -> int:
    if type(number) is not int or number.bit_length() > 96:
        raise _RefusedError("a number is too large")
    return number


def _global(name: Any) -> _Name:
    if name not in _NAMES:
        raise _RefusedError(f"it names {str(name)[:60].replace(' ', '.')}, which no state dict needs")
    return _Name(name)


def _tuple(count: int) -> _Step:
    def do(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
        items = tuple(_popped(stack) for _ in range(count))
        stack.append(items[::-1])

    return do


def _popped(stack: list[Any]) -> Any:
    item = stack.pop()
    if isinstance(item, _Mark):
        raise _RefusedError("it is cut off or damaged")
    return item


def _since_mark(stack: list[Any]) -> list[Any]:
    items: list[Any] = []
    while True:
        item = stack.pop()
        if isinstance(item, _Mark):
            return items[::-1]
        items.append(item)


def _marked_tuple(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    stack.append(tuple(_since_mark(stack)))


def _remember(stack: list[Any], memo: dict[int, Any], argument: Any) -> None:
    memo[argument] = stack[-1]


def _recall(stack: list[Any], memo: dict[int, Any], argument: Any) -> None:
    stack.append(memo[argument])


def _reduce(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    arguments, function = _popped(stack), _popped(stack)
    stack.append(_reduced(function, arguments))


def _persistent(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    stack.append(_storage(_popped(stack)))


def _put(target: object, items: list[Any]) -> None:
    if not isinstance(target, _Dict) or len(items) % 2:
        raise _RefusedError("it fills what is no dict")
    for key, value in _pairs(items):
        if not isinstance(key, str):
            raise _RefusedError("a name is no text")
        target[key] = value


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items[::2], items[1::2], strict=True)


def _set_item(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    value, key = _popped(stack), _popped(stack)
    _put(stack[-1], [key, value])


def _set_items(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    items = _since_mark(stack)
    _put(stack[-1], items)


def _appends(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    items = _since_mark(stack)
    if not isinstance(stack[-1], _List):
        raise _RefusedError("it fills what is no list")
    stack[-1].extend(items)


def _append(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    item = _popped(stack)
    if not isinstance(stack[-1], _List):
        raise _RefusedError("it fills what is no list")
    stack[-1].append(item)


def _build(stack: list[Any], _memo: dict[int, Any], _argument: Any) -> None:
    """What torch notes beside an ordered dict (`_metadata`): left out."""
    noted = _popped(stack)
    if not isinstance(stack[-1], _Dict) or not isinstance(noted, _Dict) or noted.keys() - {"_metadata"}:
        raise _RefusedError("it changes an object, which no state dict needs")


_STEPS: Final[dict[str, _Step]] = {
    "PROTO": _nothing,
    "MARK": _push(lambda _: _Mark()),
    "NONE": _push(lambda _: None),
    "NEWTRUE": _push(lambda _: True),
    "NEWFALSE": _push(lambda _: False),
    "BININT": _push(_small),
    "BININT1": _push(_small),
    "BININT2": _push(_small),
    "LONG1": _push(_small),
    "BINUNICODE": _push(lambda text: text),
    "EMPTY_DICT": _push(lambda _: _Dict()),
    "EMPTY_LIST": _push(lambda _: _List()),
    "EMPTY_TUPLE": _push(lambda _: ()),
    "GLOBAL": _push(_global),
    "TUPLE": _marked_tuple,
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "BINPUT": _remember,
    "LONG_BINPUT": _remember,
    "BINGET": _recall,
    "LONG_BINGET": _recall,
    "BINPERSID": _persistent,
    "REDUCE": _reduce,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "APPEND": _append,
    "APPENDS": _appends,
    "BUILD": _build,
}
