"""Opens the data of a project, building its cache where needed, and says what is in it."""

from pathlib import Path

import msgspec
import numpy as np

from engine.data.checks import check_data
from engine.data.checks.unreadable import Unreadable
from engine.data.samples import POOL
from engine.data.summaries import summaries_of
from engine.document.data_spec import FieldKind
from engine.document.files import load
from engine.protocol.messages.data import DataDescribed, DescribeData
from engine.server.work import Work


def handle(request: DescribeData, work: Work) -> DataDescribed:
    """Counts, labels, splits and warnings. Opened afresh, since files may have changed. Raises DataError."""
    folder = Path(request.project_dir)
    project = load(folder)
    data = project.data
    dataset = work.datasets.get(folder, data, progress=work.progress, cancelled=work.cancelled, fresh=True)
    work.progress(-1, "Counting")
    category = next((field for field in data.targets() if field.kind is FieldKind.CATEGORY), None)
    classes: list[str] = []
    labels = b""
    counts: list[int] = []
    if category is not None:
        classes = list(category.statistics.classes)
        found = dataset.labels(category.name).numpy()
        labels = found.astype("<i4").tobytes()
        counts = np.bincount(found[found >= 0], minlength=len(classes)).tolist()
    work.progress(-1, "Looking it over")
    checks = check_data(
        dataset, class_weights=project.recipe.class_weights, progress=work.progress, cancelled=work.cancelled
    )
    return DataDescribed(
        request=request.id,
        samples=dataset.samples,
        counts=msgspec.structs.replace(dataset.counts, pool=int((dataset.splits == POOL).sum())),
        label_field=category.name if category is not None else "",
        classes=classes,
        labels=labels,
        splits=dataset.splits.astype(np.int8).tobytes(),
        class_counts=counts,
        fields=summaries_of(dataset),
        checks=[check for check in checks if check.kind != Unreadable.kind],  # `left_out` tells it in full
        left_out=list(dataset.left_out),
        left_out_count=dataset.left_out_count,
    )
