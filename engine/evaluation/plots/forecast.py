"""Forecasts: beside what came, and how the error grows with the distance. Axes: N windows, H moments, C values."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from engine.document.data_spec import Field
from engine.evaluation.plots.numbers import histogram
from engine.evaluation.plots.thinning import Floats, Places, kept_of_line, rounded
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotSeries

VIEW: Final = "forecast"
_MOST_VALUES: Final = 6
_GUESSES: Final = {"last_value_error": "Last value again", "seasonal_error": "A cycle ago again"}


def forecast_plots(
    field: Field,
    answer_nhc: Floats,
    true_nhc: Floats,
    past_ntc: Floats | None,
    simple: Mapping[str, Floats],
    indices_n: Places,
) -> list[Plot]:
    """Plots in the field's own unit. `past_ntc` is what came before, of the same values, None where it is unknown;
    `simple` are the forecasts that cost nothing (N, H, C), by the name of their error."""
    if answer_nhc.ndim != 3 or len(answer_nhc) == 0:
        return []
    off = np.abs(answer_nhc - true_nhc)
    each = np.nanmean(off.reshape(len(off), -1), axis=1)
    order = np.argsort(each, kind="stable")
    wanted = (("typical", order[len(order) // 2]), ("worst", order[-1]), ("best", order[0]))
    columns = field.options.get("columns")
    names = [str(name) for name in columns] if isinstance(columns, list) else []
    found = [
        _window(which, int(place), names, answer_nhc, true_nhc, past_ntc, int(indices_n[place]))
        for which, place in (wanted if len(order) > 2 else wanted[:1])
    ]
    found.append(_by_horizon(names, off, true_nhc, simple))
    found.append(
        histogram(
            (answer_nhc - true_nhc).reshape(-1),
            key="forecast_errors",
            view=VIEW,
            title="How far off, and to which side",
            caption="Forecast less truth, of every moment",
            axis="Forecast less truth",
        )
    )
    return found


def _window(
    which: str,
    place: int,
    names: list[str],
    answer_nhc: Floats,
    true_nhc: Floats,
    past_ntc: Floats | None,
    index: int,
) -> Plot:
    horizon, values = answer_nhc.shape[1:]
    ahead = np.arange(1, horizon + 1, dtype=np.float64)
    series = []
    for value in range(min(values, _MOST_VALUES)):
        name = f" {names[value]}" if value < len(names) and values > 1 else ""
        shown = value == 0
        if past_ntc is not None:
            past = past_ntc[place, -3 * horizon - 20 :, value]
            at = np.arange(1 - len(past), 1, dtype=np.float64)
            kept = kept_of_line(past)
            kept = kept[np.isfinite(past[kept])]
            series.append(_line(f"Past{name}", at[kept], past[kept], 7, shown=shown))
        last = None if past_ntc is None else past_ntc[place, -1, value]
        joined = last is not None and np.isfinite(last)
        start = np.array([last]) if joined else np.zeros(0)
        x = np.concatenate([np.zeros(len(start)), ahead])
        true, said = (np.concatenate([start, source[place, :, value]]) for source in (true_nhc, answer_nhc))
        kept = kept_of_line(true)
        series.append(_line(f"Truth{name}", x[kept], true[kept], 1 + 2 * value, shown=shown))
        series.append(_line(f"Forecast{name}", x[kept], said[kept], 2 * value, dashed=True, shown=shown))
    more = f" {values - _MOST_VALUES:,} more values are not drawn." if values > _MOST_VALUES else ""
    return Plot(
        key=f"forecast_{which}",
        view=VIEW,
        title=f"Forecast: the {which} one",
        caption=f"Sample {index:,}",
        x=PlotAxis(name="Moments ahead"),
        y=PlotAxis(name=names[0] if names else "Value"),
        series=series,
        note=("Several values are forecast; the names below show and hide them." if values > 1 else "") + more,
    )


def _by_horizon(names: list[str], off: Floats, true_nhc: Floats, simple: Mapping[str, Floats]) -> Plot:
    horizon = off.shape[1]
    ahead = np.arange(1, horizon + 1, dtype=np.float64)
    by_moment = off.transpose(1, 0, 2).reshape(horizon, -1)
    mean = np.nanmean(by_moment, axis=1)
    low, high = np.nanquantile(by_moment, (0.25, 0.75), axis=1)
    kept = kept_of_line(mean)
    series = [
        PlotSeries(
            name="Middle half",
            kind=PlotKind.BAND,
            x=rounded(ahead[kept]),
            low=rounded(low[kept]),
            high=rounded(high[kept]),
            color=0,
        ),
        _line("Mean error", ahead[kept], mean[kept], 0),
    ]
    for place, (key, guess) in enumerate(simple.items()):
        error = np.nanmean(np.abs(guess - true_nhc), axis=(0, 2))
        series.append(_line(_GUESSES.get(key, key), ahead[kept], error[kept], 2 + place, dashed=True))
    return Plot(
        key="error_by_horizon",
        view=VIEW,
        title="Error by distance",
        caption="How far off the forecast is, the further ahead it looks",
        x=PlotAxis(name="Moments ahead"),
        y=PlotAxis(name="Absolute error", low=0.0),
        series=series,
        note="" if len(names) < 2 else f"Over {len(names)} values together.",
    )


def _line(name: str, x: Floats, y: Floats, color: int, *, dashed: bool = False, shown: bool = True) -> PlotSeries:
    return PlotSeries(
        name=name, kind=PlotKind.LINE, x=rounded(x), y=rounded(y), color=color, is_dashed=dashed, is_shown=shown
    )
