"""Masks: how far regions overlap, class by class and sample by sample."""

from typing import Final

import numpy as np

from engine.document.data_spec import Field
from engine.evaluation.plots.numbers import histogram
from engine.evaluation.plots.thinning import Floats, Places, kept_of_cloud, rounded
from engine.protocol.messages.evaluation import ClassScore
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "regions"
_MOST_CLASSES: Final = 40


def region_plots(
    field: Field, per_class: list[ClassScore], overlap_n: Floats, areas_n3c: Places, indices_n: Places
) -> list[Plot]:
    """Plots of overlaps; `overlap_n` is that of each sample, `areas_n3c` as `masks.class_areas` counts."""
    seen = sorted(
        (item for item in per_class if item.overlap is not None), key=lambda item: (item.overlap or 0.0, item.name)
    )[:_MOST_CLASSES]
    found = [
        Plot(
            key="overlap_by_class",
            view=VIEW,
            title="Overlap by class",
            caption="Points that answer and truth share, of all points that either has (IoU)",
            x=PlotAxis(name="Class", names=[item.name for item in seen]),
            y=PlotAxis(name="Overlap", low=0.0, high=1.0, is_share=True),
            series=[
                PlotSeries(
                    name="Overlap",
                    kind=PlotKind.BARS,
                    x=[float(place) for place in range(len(seen))],
                    y=rounded([item.overlap or 0.0 for item in seen]),
                    width=0.7,
                )
            ],
        ),
        histogram(
            overlap_n,
            key="overlap_by_sample",
            view=VIEW,
            title="Overlap by sample",
            caption="Samples at the left are missed",
            axis="Overlap",
            is_share=True,
        ),
    ]
    first = 1 if len(per_class) > 1 else 0
    points = areas_n3c[:, 2].sum(1).clip(1)
    true, said = areas_n3c[:, 2, first:].sum(1) / points, areas_n3c[:, 1, first:].sum(1) / points
    kept = kept_of_cloud(len(true), (true, said, said - true))
    background = field.statistics.classes[0] if first else ""
    found.append(
        Plot(
            key="size",
            view=VIEW,
            title="Answered size against true",
            caption=f"Share of a picture that is not {background}" if background else "Share of a picture",
            x=PlotAxis(name="True size", low=0.0, is_share=True),
            y=PlotAxis(name="Answered size", low=0.0, is_share=True),
            series=[
                PlotSeries(
                    name="Samples",
                    kind=PlotKind.POINTS,
                    x=rounded(true[kept]),
                    y=rounded(said[kept]),
                    samples=indices_n[kept].tolist(),
                )
            ],
            references=[
                PlotReference(
                    name="Right",
                    x=[0.0, float(max(true.max(), said.max()))],
                    y=[0.0, float(max(true.max(), said.max()))],
                )
            ],
        )
    )
    return found


def overlaps(areas_n3c: Places) -> Floats:
    """Overlap of each sample, averaged over the classes that it holds (of two: the second alone); 1 where none is."""
    first = 1 if areas_n3c.shape[2] == 2 else 0
    right, named, true = (areas_n3c[:, row, first:].astype(np.float64) for row in range(3))
    union = named + true - right
    there = union > 0
    each = np.where(there, right / np.maximum(1, union), 0.0).sum(1)
    return np.asarray(np.where(there.any(1), each / np.maximum(1, there.sum(1)), 1.0))
