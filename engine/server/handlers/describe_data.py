"""Opens the data of a project, building its cache where needed, and says what is in it."""

from pathlib import Path

import numpy as np

from engine.document.data_spec import FieldKind
from engine.document.files import load
from engine.protocol.messages import DataCheck, DataDescribed, DescribeData
from engine.server.work import Work


def handle(request: DescribeData, work: Work) -> DataDescribed:
    """Counts, labels, splits and warnings. Opened afresh, since files may have changed. Raises DataError."""
    folder = Path(request.project_dir)
    data = load(folder).data
    dataset = work.datasets.get(folder, data, progress=work.progress, cancelled=work.cancelled, fresh=True)
    work.progress(-1, "Counting")
    category = next((field for field in data.targets() if field.kind is FieldKind.CATEGORY), None)
    classes: list[str] = []
    labels: list[int] = []
    counts: list[int] = []
    if category is not None:
        classes = list(category.statistics.classes)
        found = dataset.labels(category.name).numpy()
        labels = found.tolist()
        counts = np.bincount(found[found >= 0], minlength=len(classes)).tolist()
    return DataDescribed(
        request=request.id,
        samples=dataset.samples,
        counts=dataset.counts,
        classes=classes,
        labels=labels,
        splits=dataset.splits.tolist(),
        class_counts=counts,
        checks=[DataCheck(kind="note", where=check.where, message=check.reason) for check in dataset.checks],
        left_out=list(dataset.left_out),
        left_out_count=dataset.left_out_count,
    )
