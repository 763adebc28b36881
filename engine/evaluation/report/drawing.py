"""A plot as SVG for a report; the same values that the window draws."""

import math
from collections.abc import Callable
from typing import Final

from engine.evaluation.report.page import COLORS, text
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotSeries

_WIDTH, _HEIGHT = 520.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 12.0, 10.0, 46.0
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_WIDEST_BAR: Final = 56.0
_POINTS: Final = 400
"""Points of one line; more cannot be seen at this width."""

Range = tuple[float, float]
Scale = Callable[[float], float]


def drawn(plot: Plot) -> str:
    """A figure with its title, the drawing, the names of what is drawn, and what it shows."""
    shown = [one for one in plot.series if one.is_shown and one.x]
    x, y = _extent(plot.x, shown, across=True), _extent(plot.y, shown, across=False)

    def across(value: float) -> float:
        return _LEFT + (value - x[0]) / (x[1] - x[0]) * (_WIDTH - _LEFT - _RIGHT)

    def down(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - y[0]) / (y[1] - y[0]) * (_HEIGHT - _TOP - _BOTTOM)

    parts = _scales(plot, x, y, across, down)
    parts.append(
        f'<clipPath id="clip-{text(plot.key)}"><rect x="{_LEFT}" y="{_TOP - 2}" width="{_WIDTH - _LEFT - _RIGHT + 2}" '
        f'height="{_HEIGHT - _TOP - _BOTTOM + 4}"/></clipPath><g clip-path="url(#clip-{text(plot.key)})">'
    )
    for one in shown:
        if one.kind in (PlotKind.BAND, PlotKind.BARS):
            parts.append(_area(plot, one, across, down))
    for line in plot.references:
        (x1, x2), (y1, y2) = map(across, line.x), map(down, line.y)
        parts.append(f'<line class="reference" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
    for one in reversed(shown):
        if one.kind not in (PlotKind.BAND, PlotKind.BARS):
            parts.append(_marks(one, across, down))
    parts.append("</g>")
    words = ". ".join(part.rstrip(".") for part in (plot.caption, plot.note) if part)
    label = text(f"{plot.title}: {plot.y.name} over {plot.x.name}", 200)
    return (
        f'<figure class="card"><h3>{text(plot.title)}</h3>'
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
        + _legend(plot, shown)
        + (f'<figcaption class="dim small">{text(words, 600)}.</figcaption>' if words else "")
        + "</figure>"
    )


def _scales(plot: Plot, x: Range, y: Range, across: Scale, down: Scale) -> list[str]:
    parts = []
    for value, words in _ticks(plot.y, y, 6):
        at = down(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{text(words, 14)}</text>')
    last = -math.inf
    for value, words in _ticks(plot.x, x, 6):
        at = across(value)
        words = words if len(words) <= 12 else words[:11] + "…"
        half = 3.2 * len(words)
        if at - half < last + 6:
            continue
        last = at + half
        anchor = "end" if at + half > _WIDTH else "middle"
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="{anchor}">{text(words)}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{text(_label(plot.x), 70)}</text>')
    centre = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {centre})" x="14" y="{centre}"'
    parts.append(f'<text {turned} text-anchor="middle">{text(_label(plot.y), 44)}</text>')
    return parts


def _area(plot: Plot, one: PlotSeries, across: Scale, down: Scale) -> str:
    color = COLORS[one.color % len(COLORS)]
    if one.kind is PlotKind.BAND:
        top = [f"{across(a):.1f},{down(b):.1f}" for a, b in zip(one.x, one.high, strict=True)]
        foot = [f"{across(a):.1f},{down(b):.1f}" for a, b in zip(one.x[::-1], one.low[::-1], strict=True)]
        return f'<polygon points="{" ".join(top + foot)}" fill="{color}" opacity="0.2"/>'
    bars = []
    feet = one.low if len(one.low) == len(one.y) else [0.0] * len(one.y)
    for place, high, low in zip(one.x, one.y, feet, strict=True):
        left, right = across(place - one.width / 2), across(place + one.width / 2)
        if plot.x.names and right - left > _WIDEST_BAR:
            left, right = (left + right - _WIDEST_BAR) / 2, (left + right + _WIDEST_BAR) / 2
        above, below = sorted((down(high), down(low)))
        if below > above:
            size = f'width="{max(0.8, right - left - 1):.1f}" height="{below - above:.1f}"'
            bars.append(f'<rect x="{left:.1f}" y="{above:.1f}" {size}/>')
    return f'<g fill="{color}" opacity="0.88">{"".join(bars)}</g>'


def _marks(one: PlotSeries, across: Scale, down: Scale) -> str:
    color = COLORS[one.color % len(COLORS)]
    if one.kind is PlotKind.POINTS:
        parts = []
        for low, high, place in zip(one.low, one.high, one.x, strict=False):
            at = across(place)
            parts.append(f'<path d="M{at:.1f} {down(low):.1f}V{down(high):.1f}" stroke="{color}" fill="none"/>')
        size = 2.2 if len(one.x) > 60 else 3.5
        parts += [
            f'<circle cx="{across(a):.1f}" cy="{down(b):.1f}" r="{size}"/>' for a, b in zip(one.x, one.y, strict=True)
        ]
        return f'<g fill="{color}" fill-opacity="{0.6 if len(one.x) > 60 else 1}">{"".join(parts)}</g>'
    every = max(1, math.ceil(len(one.x) / _POINTS))
    kept = sorted({*range(0, len(one.x), every), len(one.x) - 1})
    points = [(across(one.x[at]), down(one.y[at])) for at in kept if math.isfinite(one.y[at])]
    if one.kind is PlotKind.STEPS:
        points = [
            corner for a, b in zip(points, [*points[1:], points[-1]], strict=True) for corner in (a, (b[0], a[1]))
        ]
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3.5" fill="{color}"/>'
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points) if points else ""
    dash = ' stroke-dasharray="6 4"' if one.is_dashed else ""
    return f'<path d="{path}" stroke="{color}" stroke-width="1.8" fill="none" stroke-linejoin="round"{dash}/>'


def _legend(plot: Plot, shown: list[PlotSeries]) -> str:
    if len(shown) + len(plot.references) < 2:
        return ""
    entries = []
    for one in shown:
        color = COLORS[one.color % len(COLORS)]
        dash = ' stroke-dasharray="4 3"' if one.is_dashed else ""
        mark = {
            PlotKind.POINTS: f'<circle cx="11" cy="5" r="3.5" fill="{color}"/>',
            PlotKind.BARS: f'<rect x="4" width="14" height="10" fill="{color}"/>',
            PlotKind.BAND: f'<rect x="1" width="20" height="10" fill="{color}" opacity="0.25"/>',
        }.get(one.kind, f'<path d="M1 5H21" stroke="{color}" stroke-width="2"{dash}/>')
        entries.append(f'<li><svg viewBox="0 0 22 10" aria-hidden="true">{mark}</svg>{text(one.name, 80)}</li>')
    for line in plot.references:
        mark = '<path class="reference" d="M1 5H21"/>'
        entries.append(f'<li><svg viewBox="0 0 22 10" aria-hidden="true">{mark}</svg>{text(line.name, 80)}</li>')
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _label(axis: PlotAxis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def _extent(axis: PlotAxis, shown: list[PlotSeries], *, across: bool) -> Range:
    values: list[float] = []
    for one in shown:
        if across:
            left, right = min(one.x), max(one.x)
            air = one.width / 2 if one.kind is PlotKind.BARS else 0.03 * (right - left) * (one.kind is PlotKind.POINTS)
            values += [left - air, right + air]
        else:
            values += [value for value in (*one.y, *one.low, *one.high) if math.isfinite(value)]
            if one.kind is PlotKind.BARS:
                values.append(0.0)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    air = 0.0 if across else 0.05 * (high - low)
    low = min(axis.low, low) if axis.low is not None else low - air
    high = max(axis.high, high) if axis.high is not None else high + air
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _ticks(axis: PlotAxis, view: Range, wanted: int) -> list[tuple[float, str]]:
    if axis.names:
        return [(float(at), name) for at, name in enumerate(axis.names) if view[0] <= at <= view[1]]
    rough = (view[1] - view[0]) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in _STEPS if power * factor >= rough * 0.999), power * 10)
    first, last = math.ceil(view[0] / step - 1e-9), math.floor(view[1] / step + 1e-9)
    found = []
    for number in range(first, last + 1):
        value = number * step
        if axis.is_share:
            found.append((value, f"{round(100 * value, 6):g} %"))
        else:
            found.append((value, f"{round(value, 12):,.6g}" if abs(value) < 1e6 else f"{value:.3g}"))
    return found
