"""How a run looks wherever it appears in the Train tab: one colour and marker for its list row and its curves."""

from gui.charts.series_style import SeriesStyle, series_style


def run_style(run: int) -> SeriesStyle:
    """The style of a run; it depends on the number alone, so that a run keeps its colour when others come or go."""
    return series_style(run - 1)
