"""The curves of links as arrays of points: straight over, or to a height of their own and along it."""

import numpy as np

from gui.design.canvas.arrays import Floats, Mask


def direct_curves(ends: Floats, steps: int) -> Floats:
    """Cubics from output to input as (link, steps + 1, 2): they leave and arrive level."""
    x1, y1, x2, y2 = (ends[:, column][:, None] for column in range(4))
    handle = _handle(x2 - x1, y2 - y1)
    t = np.linspace(0.0, 1.0, steps + 1)[None, :]
    return _cubic(t, x1, y1, x1 + handle, y1, x2 - handle, y2, x2, y2)


def _handle(across: Floats, down: Floats) -> Floats:
    """How long a direct link runs level at its ends."""
    handle: Floats = np.clip(np.maximum(across * 0.5, np.abs(down) * 0.3), 20, 180)
    return handle


def overshoot(across: Floats, down: Floats) -> Floats:
    """How far a direct link swings out beyond its ends: not at all unless its handles are longer than it is wide."""
    handle = _handle(across, down)
    reach: Floats = np.where(handle > across, handle * 0.3 + np.maximum(0.0, -across) * 0.2, 0.0) + 2.0
    return reach


def lane_curves(ends: Floats, lane: Floats, back: Mask, steps: int) -> Floats:
    """Curves that go to a height of their own and along it: for links to the left, and round cards in the way."""
    x1, y1, x2, y2 = (ends[:, column][:, None] for column in range(4))
    level = lane[:, None]
    behind = back[:, None]
    out = np.clip(np.abs(level - y1) * 0.8, 24, 96)
    into = np.clip(np.abs(level - y2) * 0.8, 24, 96)
    width = np.abs(x2 - x1)
    step = np.minimum(72.0, width * 0.5)
    turn_out = np.where(behind, x1 - np.minimum(out * 0.8, width * 0.5), x1 + step)
    turn_in = np.where(behind, x2 + np.minimum(into * 0.8, width * 0.5), x2 - step)
    t = np.linspace(0.0, 1.0, steps + 1)[None, :]
    first = _cubic(
        t,
        x1,
        y1,
        x1 + np.where(behind, out, step * 0.62),
        y1,
        np.where(behind, x1 + out, x1 + step * 0.38),
        level,
        turn_out,
        level,
    )
    second = _cubic(
        t,
        turn_in,
        level,
        np.where(behind, x2 - into, x2 - step * 0.38),
        level,
        x2 - np.where(behind, into, step * 0.62),
        y2,
        x2,
        y2,
    )
    return np.concatenate((first, second), axis=1)


def via_curves(ends: Floats, via: Floats, steps: int) -> Floats:
    """The curve of one link through given points as (1, stretches * (steps + 1), 2); it leaves and arrives level.

    `ends` is (1, 4), `via` (point, 2). In each point the curve runs as the line between its neighbours does
    (Catmull and Rom 1974), never further than the points are apart, so that it does not swing out.
    """
    stops = np.concatenate((ends[:, :2], via, ends[:, 2:]))
    steps_between = np.diff(stops, axis=0)
    lengths = np.hypot(steps_between[:, 0], steps_between[:, 1])
    slopes = np.empty_like(stops)
    slopes[1:-1] = stops[2:] - stops[:-2]
    slopes[0] = slopes[-1] = (1.0, 0.0)
    slopes /= np.maximum(np.hypot(slopes[:, 0], slopes[:, 1]), 1e-9)[:, None]
    handles = np.minimum(lengths * 0.38, 120.0)[:, None]
    first, last = stops[:-1] + slopes[:-1] * handles, stops[1:] - slopes[1:] * handles
    t = np.linspace(0.0, 1.0, steps + 1)[None, :]
    corners = (stops[:-1], first, last, stops[1:])
    ax, ay, bx, by, cx, cy, dx, dy = (corner[:, axis][:, None] for corner in corners for axis in (0, 1))
    return _cubic(t, ax, ay, bx, by, cx, cy, dx, dy).reshape(1, -1, 2)


def bulge(lane: Floats, y1: Floats, y2: Floats) -> Floats:
    """How far a link to the left swings out: three quarters of its handles."""
    handle: Floats = np.clip(np.maximum(np.abs(lane - y1), np.abs(lane - y2)) * 0.8, 24, 96)
    return handle * 0.76


def _cubic(
    t: Floats, ax: Floats, ay: Floats, bx: Floats, by: Floats, cx: Floats, cy: Floats, dx: Floats, dy: Floats
) -> Floats:
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    points = np.empty((len(ax), t.shape[1], 2))
    points[:, :, 0] = a * ax + b * bx + c * cx + d * dx
    points[:, :, 1] = a * ay + b * by + c * cy + d * dy
    return points
