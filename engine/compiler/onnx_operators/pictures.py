"""Operators on pictures: sizes, grids, regions, boxes, and the decoding of files."""

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.shaping import bounded
from engine.compiler.onnx_operators.table import ints, number, operator


def _origins(
    size: int, made: int, scale: float, mode: str, roi: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Where each place of the new axis lies on the old one, and which of them lie outside of it."""
    x = np.arange(made, dtype=np.float64)
    full = scale * size
    if mode == "align_corners":
        return (x * (size - 1) / (full - 1) if full != 1 else np.zeros(made)), None
    if mode == "asymmetric":
        return x / scale, None
    if mode == "tf_crop_and_resize":
        begin, end = roi
        if full == 1:
            found = np.full(made, (end - begin) * (size - 1) / 2)
        else:
            found = x * (end - begin) * (size - 1) / (full - 1)
        found = found + begin * (size - 1)
        return found, (found < 0) | (found > size - 1)
    if mode == "pytorch_half_pixel" and full == 1:
        return np.full(made, -0.5), None
    if mode == "half_pixel_symmetric":
        return size / 2 * (1 - made / full) + (x + 0.5) / scale - 0.5, None
    return (x + 0.5) / scale - 0.5, None


def _cubic(x: np.ndarray, a: float) -> np.ndarray:
    x = np.abs(x)
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _taps(
    origins: np.ndarray, size: int, scale: float, mode: str, nearest: str, a: float, *, smooth: bool, inside: bool
) -> tuple[np.ndarray, np.ndarray]:
    """For each new place, which old ones count and how much: (places, taps) both."""
    floor = np.floor(origins)
    share = origins - floor
    base = floor.astype(np.int64)
    if mode == "nearest":
        up = {
            "round_prefer_floor": share > 0.5,
            "round_prefer_ceil": share >= 0.5,
            "floor": np.zeros(len(share), bool),
            "ceil": share > 0,
        }[nearest]
        return (base + up)[:, None].clip(0, size - 1), np.ones((len(base), 1))
    reach = 1 if mode == "linear" else 2
    shrunk = min(scale, 1.0) if smooth else 1.0
    begin = math.floor(-reach / shrunk) + 1
    offsets = np.arange(begin, 2 - begin)
    distance = (offsets[None] - share[:, None]) * shrunk
    weights = np.clip(1 - np.abs(distance), 0, 1) if mode == "linear" else _cubic(distance, a)
    places = base[:, None] + offsets[None]
    if inside:
        weights = np.where((places < 0) | (places >= size), 0.0, weights)
    if smooth or inside:
        weights = weights / weights.sum(1, keepdims=True)
    return places.clip(0, size - 1), weights


@operator("Resize", host=(1, 2, 3))
def resize(
    x: Tensor,
    roi: Any = None,
    scales: Any = None,
    sizes: Any = None,
    *,
    mode: str = "nearest",
    coordinate_transformation_mode: str = "half_pixel",
    nearest_mode: str = "round_prefer_floor",
    cubic_coeff_a: float = -0.75,
    exclude_outside: int = 0,
    extrapolation_value: float = 0.0,
    antialias: int = 0,
    axes: Sequence[int] | None = None,
    keep_aspect_ratio_policy: str = "stretch",
) -> Tensor:
    """A picture, or any tensor, made larger or smaller along its axes."""
    rank = x.dim()
    chosen = [axis % rank for axis in axes] if axes is not None else list(range(rank))
    old = [x.shape[axis] for axis in chosen]
    given = _floats(scales)
    if given:
        factors = given
        made = [math.floor(n * s) for n, s in zip(old, factors, strict=True)]
    else:
        made = ints(sizes)
        factors = [m / n for m, n in zip(made, old, strict=True)]
        if keep_aspect_ratio_policy != "stretch":
            factor = (min if keep_aspect_ratio_policy == "not_larger" else max)(factors)
            made = [math.floor(factor * n + 0.5) for n in old]
            factors = [factor] * len(old)
    bounded([*(n for i, n in enumerate(x.shape) if i not in chosen), *made])
    region = _floats(roi) or [0.0] * len(chosen) + [1.0] * len(chosen)
    kind = x.dtype
    for i, axis in enumerate(chosen):
        cropped = coordinate_transformation_mode == "tf_crop_and_resize"
        if made[i] == x.shape[axis] and factors[i] == 1 and not cropped:
            continue
        origins, outside = _origins(
            old[i], made[i], factors[i], coordinate_transformation_mode, (region[i], region[i + len(chosen)])
        )
        places, weights = _taps(
            origins, old[i], factors[i], mode, nearest_mode, cubic_coeff_a, smooth=bool(antialias),
            inside=bool(exclude_outside),
        )  # fmt: skip
        at = torch.from_numpy(places).to(x.device)
        if places.shape[1] == 1:
            x = x.index_select(axis, at[:, 0])
        else:
            shape = [1] * rank
            shape[axis] = made[i]
            by = torch.from_numpy(weights).to(x.device, torch.float32 if not x.is_floating_point() else x.dtype)
            x = sum(
                (x.index_select(axis, at[:, tap]) * by[:, tap].reshape(shape) for tap in range(places.shape[1])),
                torch.zeros((), dtype=by.dtype, device=x.device),
            )
        if outside is not None and outside.any():
            shape = [1] * rank
            shape[axis] = made[i]
            x = torch.where(
                torch.from_numpy(outside).to(x.device).reshape(shape), torch.as_tensor(extrapolation_value), x
            )
    return x.to(kind) if kind.is_floating_point or x.dtype is kind else x.round().to(kind)


def _floats(value: Any) -> list[float]:
    if value is None:
        return []
    if isinstance(value, Tensor):
        return [float(item) for item in value.reshape(-1).tolist()]
    return [float(item) for item in value]


_MODES = {"linear": "bilinear", "cubic": "bicubic"}


@operator("GridSample")
def grid_sample(
    x: Tensor, grid: Tensor, *, align_corners: int = 0, mode: str = "bilinear", padding_mode: str = "zeros"
) -> Tensor:
    """A picture or volume read at places that another tensor names."""
    way = _MODES.get(mode, mode)
    return F.grid_sample(x, grid, mode=way, padding_mode=padding_mode, align_corners=bool(align_corners))


@operator("AffineGrid", host=(1,))
def affine_grid(theta: Tensor, size: Any, *, align_corners: int = 0) -> Tensor:
    """A grid that is turned, moved and stretched."""
    return F.affine_grid(theta, bounded(ints(size)), bool(align_corners))


@operator("RoiAlign")
def roi_align(
    x: Tensor,
    rois: Tensor,
    batch: Tensor,
    *,
    mode: str = "avg",
    output_height: int = 1,
    output_width: int = 1,
    sampling_ratio: int = 0,
    spatial_scale: float = 1.0,
    coordinate_transformation_mode: str = "half_pixel",
) -> Tensor:
    """The cells of regions, read between pixels. Source: He et al. 2017."""
    half = 0.5 if coordinate_transformation_mode == "half_pixel" else 0.0
    height, width = x.shape[2:]
    found = []
    for roi, sample in zip(rois, batch.long(), strict=True):
        left, top, right, bottom = (float(v) * spatial_scale - half for v in roi)
        wide, high = right - left, bottom - top
        if not half:
            wide, high = max(wide, 1.0), max(high, 1.0)
        cell_h, cell_w = high / output_height, wide / output_width
        across_h = sampling_ratio if sampling_ratio > 0 else max(math.ceil(cell_h), 1)
        across_w = sampling_ratio if sampling_ratio > 0 else max(math.ceil(cell_w), 1)
        bounded([x.shape[1], output_height * across_h, output_width * across_w])
        ys = top + (torch.arange(output_height * across_h, device=x.device) + 0.5) * cell_h / across_h
        xs = left + (torch.arange(output_width * across_w, device=x.device) + 0.5) * cell_w / across_w
        seen = _between(x[sample], ys, xs, height, width, largest=mode == "max")
        cut = seen.reshape(x.shape[1], output_height, across_h, output_width, across_w)
        found.append(cut.amax((2, 4)) if mode == "max" else cut.mean((2, 4)))
    return torch.stack(found) if found else x.new_zeros((0, x.shape[1], output_height, output_width))


def _between(x: Tensor, ys: Tensor, xs: Tensor, height: int, width: int, *, largest: bool) -> Tensor:
    """Values between pixels; 0 where more than a pixel outside. `largest` takes the largest share, not the sum."""
    inside = ((ys >= -1) & (ys <= height))[:, None] & ((xs >= -1) & (xs <= width))[None]
    ys, xs = ys.clamp(0), xs.clamp(0)
    y0, x0 = ys.floor().long().clamp(max=height - 1), xs.floor().long().clamp(max=width - 1)
    y1, x1 = (y0 + 1).clamp(max=height - 1), (x0 + 1).clamp(max=width - 1)
    ys = torch.where(y0 >= height - 1, y0.to(ys.dtype), ys)
    xs = torch.where(x0 >= width - 1, x0.to(xs.dtype), xs)
    dy, dx = (ys - y0).to(x.dtype)[:, None], (xs - x0).to(x.dtype)[None]
    parts = [
        x[:, y0][:, :, x0] * (1 - dy) * (1 - dx),
        x[:, y0][:, :, x1] * (1 - dy) * dx,
        x[:, y1][:, :, x0] * dy * (1 - dx),
        x[:, y1][:, :, x1] * dy * dx,
    ]
    found = torch.stack(parts).amax(0) if largest else parts[0] + parts[1] + parts[2] + parts[3]
    return torch.where(inside, found, torch.zeros_like(found))


@operator("NonMaxSuppression", host=(2, 3, 4))
def non_max_suppression(
    boxes: Tensor,
    scores: Tensor,
    most: Any = None,
    overlap: Any = None,
    least: Any = None,
    *,
    center_point_box: int = 0,
) -> Tensor:
    """Boxes with high scores that do not lie over each other: (count, 3) sample, class, box."""
    limit = int(number(most)) if most is not None else 0
    share = float(number(overlap)) if overlap is not None else 0.0
    floor = float(number(least)) if least is not None else None
    found: list[list[int]] = []
    for n in range(boxes.shape[0]):
        box = boxes[n].detach().cpu().double()
        if center_point_box:
            x, y, w, h = box.unbind(1)
            low_y, low_x, high_y, high_x = y - h / 2, x - w / 2, y + h / 2, x + w / 2
        else:
            low_y, high_y = torch.minimum(box[:, 0], box[:, 2]), torch.maximum(box[:, 0], box[:, 2])
            low_x, high_x = torch.minimum(box[:, 1], box[:, 3]), torch.maximum(box[:, 1], box[:, 3])
        area = (high_y - low_y) * (high_x - low_x)
        for c in range(scores.shape[1]):
            score = scores[n, c].detach().cpu()
            order = torch.argsort(score, descending=True, stable=True)
            if floor is not None:
                order = order[score[order] > floor]
            kept = 0
            while len(order) and kept < limit:
                best, rest = order[0], order[1:]
                found.append([n, c, int(best)])
                kept += 1
                height = torch.minimum(high_y[best], high_y[rest]) - torch.maximum(low_y[best], low_y[rest])
                width = torch.minimum(high_x[best], high_x[rest]) - torch.maximum(low_x[best], low_x[rest])
                common = height.clamp(min=0) * width.clamp(min=0)
                order = rest[common / (area[best] + area[rest] - common).clamp(min=1e-12) <= share]
    return torch.tensor(found, dtype=torch.int64).reshape(-1, 3)


@operator("ImageDecoder")
def image_decoder(data: Tensor, *, pixel_format: str = "RGB") -> Tensor:
    """The pixels of a picture file: (height, width, channels), uint8."""
    from PIL import Image

    with Image.open(io.BytesIO(data.detach().cpu().numpy().tobytes())) as picture:
        bounded([picture.height, picture.width, 4])
        if pixel_format == "Grayscale":
            return torch.from_numpy(np.array(picture.convert("L"))[..., None])
        pixels = np.array(picture.convert("RGB"))
    return torch.from_numpy(pixels if pixel_format == "RGB" else pixels[..., ::-1].copy())
