"""Pictures: colours, size, range. Axes: N sample, H height, W width, C channel.

Colours and size work on whole grey levels and are exact: colours in whole-number arithmetic, size by running the very
ONNX operator that the exported file holds. What they give can therefore be kept in a cache without any loss.
"""

import threading
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.preparation.rule import Rule

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

Bytes = npt.NDArray[np.uint8]

_GRAY = (19595, 38470, 7471)  # ITU-R 601 in 16 bits, as Pillow's convert("L")


def _colour_table(channels: int) -> npt.NDArray[np.int32]:
    """Weights (5, 4, channels) from 1 to 4 channels (grey, grey + alpha, RGB, RGBA) to colours times 65536."""
    table = np.zeros((5, 4, channels), np.int32)
    for source in (1, 2):
        table[source, 0, :] = 65536
    for source in (3, 4):
        if channels == 1:
            table[source, :3, 0] = _GRAY
        else:
            table[source, :3, :] = np.eye(3, dtype=np.int32) * 65536
    return table


class ChannelsRule(Rule):
    """Any of grey, grey with alpha, RGB, RGBA to grey or RGB; what is transparent lies on white."""

    on_bytes = True

    @property
    def _target(self) -> int:
        return 3 if self.step.mode == "rgb" else 1

    def apply(self, batch: Bytes) -> Bytes:
        """uint8 (..., C) to uint8 (..., 1 or 3)."""
        source = batch.shape[-1]
        if source == self._target:
            return batch
        # Every number stays a whole one below 2^24, so float32 is exact; whole-number matrix products are slow.
        levels = batch.astype(np.float32)
        out = levels @ _colour_table(self._target)[source, :source].astype(np.float32)
        out = np.floor((out + np.float32(32768)) * np.float32(1 / 65536))
        if source in (2, 4):
            alpha = levels[..., -1:]
            out = np.floor((out * alpha + 255 * (255 - alpha) + 127) / np.float32(255))
        return cast(Bytes, out.astype(np.uint8))

    def write(self, writer: "OnnxWriter", value: str) -> str:
        # The number of channels that arrives decides at run time, so one file takes grey, RGB and RGBA pictures.
        from onnx import TensorProto

        def number(item: float) -> str:
            return writer.constant(np.array(item, np.float32))

        def places(item: int) -> str:
            return writer.constant(np.array([item], np.int64))

        channels = writer.size(value, 3)

        def coloured(levels: str) -> str:
            table = writer.constant(_colour_table(self._target).astype(np.float32), stem="colours")
            table = writer.add("Squeeze", [writer.add("Gather", [table, channels], axis=0), places(0)])
            weights = writer.add("Slice", [table, places(0), channels, places(0)])
            colour = writer.add("Add", [writer.add("MatMul", [levels, weights]), number(32768)])
            return cast(str, writer.add("Floor", [writer.add("Mul", [colour, number(1 / 65536)])]))

        def as_bytes(colour: str) -> str:
            return cast(str, writer.add("Cast", [colour], to=TensorProto.UINT8))

        def opaque() -> str:
            return as_bytes(coloured(writer.add("Cast", [value], to=TensorProto.FLOAT)))

        def on_white() -> str:
            levels = writer.add("Cast", [value], to=TensorProto.FLOAT)
            alpha = writer.add("Slice", [levels, places(-1), places(2**31), places(3)])
            white = writer.add("Mul", [writer.add("Sub", [number(255), alpha]), number(255)])
            mixed = writer.add("Mul", [coloured(levels), alpha])
            mixed = writer.add("Add", [mixed, writer.add("Add", [white, number(127)])])
            return as_bytes(writer.add("Floor", [writer.add("Div", [mixed, number(255)])]))

        def other() -> str:
            odd = writer.add("Equal", [writer.add("Mod", [channels, places(2)]), places(1)])
            return writer.choose(odd, opaque, on_white, TensorProto.UINT8)

        same = writer.add("Equal", [channels, places(self._target)])
        return writer.choose(same, lambda: value, other, TensorProto.UINT8)


class ResizeRule(Rule):
    """One size for all. The operator is onnxruntime's own Resize, in training as in the exported file."""

    on_bytes = True
    nearest: ClassVar[bool] = False
    """Whether points are taken as they are, not blended: for masks."""

    def apply(self, batch: Bytes) -> Bytes:
        """uint8 (H, W, C) or (N, H, W, C) to the same with the wanted height and width."""
        height, width = self.step.height, self.step.width
        if batch.shape[-3:-1] == (height, width):
            return batch
        single = batch.ndim == 3
        pictures = batch[None] if single else batch
        if 0 in pictures.shape:
            return np.zeros((*pictures.shape[:-3], height, width, pictures.shape[-1]), np.uint8)[0 if single else ...]
        (out,) = _session(height, width, self.step.mode, self.nearest).run(
            None, {"picture": np.ascontiguousarray(pictures)}
        )
        return cast(Bytes, out[0] if single else out)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        return _write_resize(writer, value, self.step.height, self.step.width, self.step.mode, self.nearest)


def _write_resize(writer: "OnnxWriter", value: str, height: int, width: int, mode: str, nearest: bool) -> str:
    """Nodes that bring uint8 (N, H, W, C) to one size. Sizes are summed in whole numbers, so nothing is off by one."""

    def number(item: int) -> str:
        return writer.constant(np.array([item], np.int64))

    def divide(over: str, under: str) -> str:
        return cast(str, writer.add("Div", [over, under]))

    def times(one: str, other: str) -> str:
        return cast(str, writer.add("Mul", [one, other]))

    axes = writer.constant(np.array([1, 2], np.int64))
    size = writer.constant(np.array([height, width], np.int64))
    if mode == "stretch":
        return _resize(writer, value, size, nearest)
    tall, wide = writer.size(value, 1), writer.size(value, 2)
    if mode == "cover":  # cut the largest part of the wanted proportions out of the middle, then resize that
        cut_tall = writer.add(
            "Min", [tall, writer.add("Max", [number(1), divide(times(wide, number(height)), number(width))])]
        )
        cut_wide = writer.add(
            "Min", [wide, writer.add("Max", [number(1), divide(times(tall, number(width)), number(height))])]
        )
        top = divide(writer.add("Sub", [tall, cut_tall]), number(2))
        left = divide(writer.add("Sub", [wide, cut_wide]), number(2))
        start = writer.add("Concat", [top, left], axis=0)
        end = writer.add("Concat", [writer.add("Add", [top, cut_tall]), writer.add("Add", [left, cut_wide])], axis=0)
        return _resize(writer, writer.add("Slice", [value, start, end, axes]), size, nearest)
    # contain: the longer side fits, rounded to the nearest pixel; black on both sides of the other
    fit_tall = divide(writer.add("Add", [times(tall, number(2 * width)), wide]), times(wide, number(2)))
    fit_wide = divide(writer.add("Add", [times(wide, number(2 * height)), tall]), times(tall, number(2)))
    fit_tall = writer.add("Min", [number(height), writer.add("Max", [number(1), fit_tall])])
    fit_wide = writer.add("Min", [number(width), writer.add("Max", [number(1), fit_wide])])
    small = _resize(writer, value, writer.add("Concat", [fit_tall, fit_wide], axis=0), nearest)
    over_tall, over_wide = writer.add("Sub", [number(height), fit_tall]), writer.add("Sub", [number(width), fit_wide])
    top, left = divide(over_tall, number(2)), divide(over_wide, number(2))
    rest = [writer.add("Sub", [over_tall, top]), writer.add("Sub", [over_wide, left])]
    pads = writer.add("Concat", [top, left, *rest], axis=0)
    return cast(str, writer.add("Pad", [small, pads, writer.constant(np.array(0, np.uint8)), axes]))


def _resize(writer: "OnnxWriter", value: str, size: str, nearest: bool) -> str:
    """Bilinear, antialiased, on grey levels: what Pillow does, to one level. Channels last runs in every runtime."""
    if nearest:
        return cast(
            str,
            writer.add(
                "Resize",
                [value, "", "", size],
                mode="nearest",
                nearest_mode="round_prefer_floor",
                coordinate_transformation_mode="half_pixel",
                axes=[1, 2],
            ),
        )
    return cast(
        str,
        writer.add(
            "Resize",
            [value, "", "", size],
            mode="linear",
            antialias=1,
            exclude_outside=1,
            coordinate_transformation_mode="half_pixel",
            axes=[1, 2],
        ),
    )


_SESSIONS: dict[tuple[int, int, str, bool], Any] = {}
_SESSIONS_LOCK = threading.Lock()


def _session(height: int, width: int, mode: str, nearest: bool) -> Any:
    """The operator of the exported file, alone; shared by threads, which run it side by side."""
    with _SESSIONS_LOCK:
        key = (height, width, mode, nearest)
        if key not in _SESSIONS:
            import onnxruntime
            from onnx import TensorProto

            from engine.onnx_writer import OnnxWriter

            writer = OnnxWriter()
            value = writer.input("picture", TensorProto.UINT8, ["N", "H", "W", "C"])
            writer.output(
                _write_resize(writer, value, height, width, mode, nearest),
                "small",
                TensorProto.UINT8,
                ["N", height, width, "C"],
            )
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 3
            _SESSIONS[key] = onnxruntime.InferenceSession(
                writer.model().SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        return _SESSIONS[key]


class ScaleRule(Rule):
    """0 to 255, channels last, becomes 0 to 1, channels first."""

    def apply(self, batch: Tensor) -> Tensor:
        """(N, H, W, C) to float32 (N, C, H, W)."""
        return batch.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(255.0)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        value = writer.add("Cast", [value], to=TensorProto.FLOAT)
        value = writer.add("Div", [value, writer.constant(np.array(255.0, np.float32))])
        return cast(str, writer.add("Transpose", [value], perm=[0, 3, 1, 2]))


class NormalizeRule(Rule):
    """Mean 0, spread 1, a channel at a time."""

    def __init__(self, step: Any, statistics: Any, channels: int | None = None) -> None:
        super().__init__(step, statistics, channels)
        self.mean = self._numbers(step.mean or tuple(item / 255 for item in statistics.mean) or (0.5,))
        self.std = self._numbers(step.std or tuple(item / 255 for item in statistics.std) or (0.5,))
        self.std[self.std < 1e-4] = 1.0  # a picture set of one colour has no spread to divide by

    def _numbers(self, values: tuple[float, ...]) -> npt.NDArray[np.float32]:
        """One number a channel as (C, 1, 1); those measured before the colours were changed are averaged to one."""
        numbers = np.asarray(values, np.float32)
        if self.channels is not None and len(numbers) not in (1, self.channels):
            numbers = numbers.mean(keepdims=True, dtype=np.float32)
        return numbers.reshape(-1, 1, 1)

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, C, H, W) to the same."""
        if batch.dtype is not torch.float32:
            batch = batch.to(torch.float32)
            return batch.sub(torch.from_numpy(self.mean)).div_(torch.from_numpy(self.std))
        return batch.sub_(torch.from_numpy(self.mean)).div_(torch.from_numpy(self.std))

    def write(self, writer: "OnnxWriter", value: str) -> str:
        value = writer.add("Sub", [value, writer.constant(self.mean, stem="mean")])
        return cast(str, writer.add("Div", [value, writer.constant(self.std, stem="std")]))
