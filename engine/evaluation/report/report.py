"""Writes the report of a scored run: scores, mistakes, groups, plots, and all that is needed to get the same again."""

import importlib.metadata
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from engine.catalog.registry import metric_named
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.document.atomic import write_atomically
from engine.document.data_spec import Field, Step
from engine.errors import Cancelled, DataError, UsageError
from engine.evaluation.answered import Answered
from engine.evaluation.answered_samples import answered_samples
from engine.evaluation.evaluate import result_of
from engine.evaluation.groups import group_choices, score_groups
from engine.evaluation.report.drawing import drawn
from engine.evaluation.report.page import COLORS, facts, page, picture, table, text
from engine.protocol.messages.answered_samples import Among, AnsweredSample, GetAnswered, Measure, Order
from engine.protocol.messages.comparison import GroupsScored
from engine.protocol.messages.data import Shown
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.plots import PictureGrid
from engine.protocol.run_events import RunPrepared, RunStarted
from engine.protocol.run_folder import about
from engine.training.runs import summary

MOST_MISTAKES: Final = 24
MOST_GROUPED: Final = 3
"""Ways to group the samples that are shown, of those there are."""
_WIDEST_MATRIX: Final = 24
_SPLITS: Final = {"train": "training", "val": "validation", "test": "test"}


def write_report(given: Answered, path: Path, *, progress: Progress = silent, cancelled: IsCancelled = never) -> int:
    """Write the report as one HTML file and give its size in bytes; the file is either whole or as it was.

    Raises UsageError or ProjectError when the file cannot be written there, DataError, and Cancelled.
    """
    body = list(_body(given, progress, cancelled))
    name = given.project.name or given.project_dir.name
    data = page(f"{name}, run {given.run.number}, {given.split}", body).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise UsageError(
            f"The report cannot be written: {error.strerror or error}.",
            where=str(path),
            hint="Choose another place, or make room there.",
        ) from error
    return len(data)


def _body(given: Answered, progress: Progress, cancelled: IsCancelled) -> Iterator[str]:
    result = result_of(given, progress=progress, cancelled=cancelled)
    told = about(given.run)
    name = given.project.name or given.project_dir.name
    run = f"run {given.run.number}" + (f" “{told.name}”" if told.name else "")
    yield f"<h1>{text(name)}</h1>"
    day = time.strftime("%Y-%m-%d %H:%M")
    yield (
        f'<p class="dim">{text(run)}, {text(_weights(given))}, scored on {given.count:,} samples of the '
        f"{_SPLITS.get(given.split, given.split)} split. {day}</p>"
    )
    for at, output in enumerate(result.outputs):
        if cancelled():
            raise Cancelled
        progress((at + 0.2) / max(1, len(result.outputs)), "Writing the report")
        several = len(result.outputs) > 1
        if several:
            yield f"<h2>{text(output.field)}</h2>"
        yield from _output(given, output, progress, cancelled)
    yield "<h2>What was trained</h2>"
    yield _trained(given, result)
    yield "<h2>The same again</h2>"
    yield _again(given)
    progress(1.0, "Writing the report")


def _output(given: Answered, output: FieldEvaluation, progress: Progress, cancelled: IsCancelled) -> Iterator[str]:
    yield _scores(output)
    if output.matrix:
        yield "<h2>Which classes are mixed up</h2>"
        yield _matrix(output) if len(output.classes) <= _WIDEST_MATRIX else _pairs(output)
    if output.per_class:
        yield "<h2>Class by class</h2>"
        yield _classes(output)
    for grid in output.pictures:
        yield f"<h2>{text(grid.title)}</h2>"
        yield _grid(grid)
    if output.plots:
        yield "<h2>Plots</h2>"
        yield '<div class="plots">' + "".join(drawn(plot) for plot in output.plots) + "</div>"
    yield from _mistakes(given, output, cancelled)
    yield from _groups(given, output, progress, cancelled)


def _scores(output: FieldEvaluation) -> str:
    cards = []
    for name, value in output.metrics.items():
        interval = output.intervals.get(name) or []
        between = f"95 % CI {_between(name, interval)}" if interval else "&nbsp;"
        cards.append(
            f'<div class="card score"><span class="dim">{text(_label(name))}</span>'
            f'<b>{_number(name, value)}</b><span class="faint small">{between}</span></div>'
        )
    return f'<div class="scores">{"".join(cards)}</div>'


def _matrix(output: FieldEvaluation) -> str:
    counts = np.array(output.matrix)
    most = counts.sum(1, keepdims=True).clip(1)
    heads = "".join(f'<th scope="col" title="{text(name)}">{text(name, 12)}</th>' for name in output.classes)
    rows = []
    for true, name in enumerate(output.classes):
        cells = []
        for said, count in enumerate(counts[true].tolist()):
            share = count / int(most[true][0])
            color = "#3f6fe0" if true == said else "#c22f2f"
            strength = round(100 * (share if true == said else min(1.0, 2.5 * share)))
            style = f' style="background:color-mix(in srgb,{color} {strength}%,var(--raised))"' if count else ""
            bright = ";color:#fff" if strength > 55 else ""
            style = style[:-1] + bright + '"' if style else ""
            title = f' title="{text(name)} answered as {text(output.classes[said])}: {count:,}"'
            cells.append(f"<td{style}{title}>{count if count else ''}</td>")
        rows.append(f'<tr><th scope="row" title="{text(name)}">{text(name, 16)}</th>{"".join(cells)}</tr>')
    return (
        '<div class="card wide"><p class="dim small">A row is what is true, a column what was answered.</p>'
        f'<table class="matrix"><thead><tr><th></th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _pairs(output: FieldEvaluation) -> str:
    """Of many classes the pairs that are mixed up most."""
    counts = np.array(output.matrix)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:30]
    rows = []
    for place in order.tolist():
        true, said = divmod(place, len(output.classes))
        if counts[true, said]:
            of = sum(output.matrix[true])
            cells = (
                text(output.classes[true], 60),
                text(output.classes[said], 60),
                f"{counts[true, said]:,}",
                f"{of:,}",
            )
            rows.append(cells)
    return f'<div class="card">{table(("true", "answered", "samples", "of"), rows, left=2)}</div>'


def _classes(output: FieldEvaluation) -> str:
    masks = any(item.overlap is not None for item in output.per_class)
    ranked = any(item.auroc is not None for item in output.per_class)
    heads = ["class", "precision", "recall", "F1"]
    heads += ["IoU"] if masks else []
    heads += ["ROC area", "average precision"] if ranked else []
    heads += ["points" if masks else "samples"]
    rows = []
    for item in (*output.per_class, *output.averages):
        average = item in output.averages
        cells = [text(f"{item.name} average" if average else item.name, 60)]
        cells += [f"{value:.3f}" for value in (item.precision, item.recall, item.f1)]
        cells += [_three(item.overlap)] if masks else []
        cells += [_three(item.auroc), _three(item.average_precision)] if ranked else []
        cells.append(f"{item.samples:,}")
        rows.append(cells)
    return f'<div class="card">{table(heads, rows, totals=len(output.averages))}</div>'


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _grid(grid: PictureGrid) -> str:
    rows = []
    if grid.columns:
        for at, column in enumerate(grid.columns):
            cells = "".join(f"<td>{picture(row.pictures[at], column, side=72)}</td>" for row in grid.rows)
            rows.append(f"<tr><th>{text(column)}</th>{cells}</tr>")
        rows.append("<tr><th></th>" + "".join(f"<td>{text(row.caption)}</td>" for row in grid.rows) + "</tr>")
    else:
        for row in grid.rows:
            cells = "".join(f"<td>{picture(one, grid.title, side=72)}</td>" for one in row.pictures)
            rows.append(f"<tr>{cells}</tr>")
    return (
        f'<div class="card wide"><table class="tiles"><tbody>{"".join(rows)}</tbody></table>'
        f'<p class="dim small">{text(grid.caption)}</p></div>'
    )


def _mistakes(given: Answered, output: FieldEvaluation, cancelled: IsCancelled) -> Iterator[str]:
    asked = GetAnswered(
        id=0,
        project_dir=str(given.project_dir),
        output=output.field,
        among=Among.WRONG,
        order=Order.SUREST,
        limit=MOST_MISTAKES,
        size=96,
    )
    try:
        found = answered_samples(given, asked, cancelled=cancelled)
        judged_by_distance = found.measure in (Measure.OFF, Measure.OVERLAP)
        if judged_by_distance:
            found = answered_samples(
                given, msgspec.structs.replace(asked, among=Among.ALL, order=Order.WORST), cancelled=cancelled
            )
    except DataError:
        return  # answers that cannot be listed one by one; the scores above say what is known
    if not found.samples or found.measure is Measure.NONE:
        return
    title = "Furthest off" if judged_by_distance else "Surest mistakes"
    yield f"<h2>{title}</h2>"

    more = f" of {found.total:,} samples" if judged_by_distance else f" of {found.total:,} that were answered wrongly"
    yield f'<p class="dim">{len(found.samples)}{more}.</p>'
    wide = any(one.answer is not None or one.forecast for one in found.samples)
    samples = "".join(_sample(one, found.measure) for one in found.samples)
    yield f'<div class="samples{" broad" if wide else ""}">{samples}</div>'


def _sample(one: AnsweredSample, measure: Measure) -> str:
    card = one.card
    shown = [picture(Shown(width=card.width, height=card.height, rgb=card.rgb), one.name) if card.rgb else ""]
    shown += [
        picture(item, words) for item, words in ((one.truth, "true"), (one.answer, "answered")) if item is not None
    ]
    if card.curve and not card.rgb and not one.forecast:
        shown.append(picture(Shown(curve=card.curve, channels=card.channels), one.name))
    if one.forecast:
        shown.append(_forecast(one))
    pictures = "".join(shown)
    lines = "<br>".join(text(line, 160) for line in card.lines[:4])
    score = {
        Measure.SURE: f"{100 * one.score:.1f} % sure",
        Measure.OFF: f"off by {one.score:.4g}",
        Measure.OVERLAP: f"overlap {100 * one.score:.1f} %",
        Measure.DOUBT: f"doubt {one.score:.2f}",
    }.get(measure, "")
    words = ""
    if one.true or one.predicted:
        words = f'<div><b class="wrong">{text(one.predicted, 200)}</b> for <b>{text(one.true, 200)}</b></div>'
    return (
        '<div class="sample">'
        + (f'<div class="pictures">{pictures}</div>' if pictures else "")
        + (f'<div class="dim">{lines}</div>' if lines and not pictures else "")
        + f'{words}<div class="faint">{text(score)}</div><div class="faint">{text(one.name, 60)}</div></div>'
    )


def _forecast(one: AnsweredSample) -> str:
    """Past and truth whole, the forecast dashed."""
    past, future, said = (np.frombuffer(part, "<f4").astype(float) for part in (one.past, one.future, one.forecast))
    every = np.concatenate([past, future, said])
    every = every[np.isfinite(every)]
    if not len(every):
        return ""
    low, spread = float(every.min()), float(np.ptp(every)) or 1.0
    across = 128 / max(1, len(past) + max(len(future), len(said)) - 1)

    def line(values: np.ndarray, start: int, look: str) -> str:
        points = [
            f"{1 + (start + at) * across:.1f},{57 - (value - low) / spread * 54:.1f}"
            for at, value in enumerate(values.tolist())
            if np.isfinite(value)
        ]
        return f'<polyline points="{" ".join(points)}" fill="none" {look}/>'

    start = max(0, len(past) - 1)
    joint = past[-1:]
    lines = line(past, 0, 'stroke="var(--faint)"')
    lines += line(np.concatenate([joint, future]), start, 'stroke="var(--text)" stroke-width="1.6"')
    dashed = f'stroke="{COLORS[0]}" stroke-width="1.8" stroke-dasharray="4 3"'
    lines += line(np.concatenate([joint, said]), start, dashed)
    return f'<svg viewBox="0 0 130 60" role="img" aria-label="forecast and truth">{lines}</svg>'


def _groups(given: Answered, output: FieldEvaluation, progress: Progress, cancelled: IsCancelled) -> Iterator[str]:
    choices = [choice for choice in group_choices(given, given.output(output.field)) if choice.key != output.field]
    parts: list[str] = []
    for choice in choices:
        if len(parts) == MOST_GROUPED:
            break
        try:
            found = score_groups(given, choice.key, output.field, progress=progress, cancelled=cancelled)
        except DataError:
            continue  # nothing can be said of these groups; the others are shown
        if len(found.groups) > 1:
            parts.append(_group_table(found))
    if parts:
        yield "<h2>For whom it works worst</h2>"
        yield from parts


def _group_table(found: GroupsScored) -> str:
    main = found.metrics[0]
    known = {name for group in found.groups for name in group.metrics}
    metrics = [name for name in found.metrics if name in known]
    tops = [bound for group in found.groups for bound in (group.metrics.get(main, 0.0), *group.interval)]
    top = 1.0 if _is_share(main) else max([*tops, 1e-12])
    rows = []
    for group in found.groups[:30]:
        value = group.metrics.get(main, 0.0)
        line = ""
        if group.interval:
            low, high = (max(0.0, min(1.0, bound / top)) for bound in group.interval)
            line = f'<u style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></u>'
        bar = f'<div class="bar"><i style="width:{100 * max(0.0, min(1.0, value / top)):.1f}%"></i>{line}</div>'
        few = ' <span class="faint">few samples</span>' if group.is_small else ""
        cells = [text(group.name, 60) + few, bar, f"{group.samples:,}"]
        rows.append(cells + [_number(name, group.metrics[name]) if name in group.metrics else "–" for name in metrics])
    whole = ["all", "", f"{found.overall.samples:,}"]
    whole += [_number(name, found.overall.metrics.get(name, 0.0)) for name in metrics]
    heads = [text(found.caption), "", "samples", *(text(_label(name)) for name in metrics)]
    return (
        f'<div class="card" style="margin-bottom:14px">{table(heads, [*rows, whole], left=2, totals=1)}'
        '<p class="faint small">Worst first. The line in a bar is where the truth lies with 95 % confidence.'
        f" {text(found.note)}</p></div>"
    )


def _trained(given: Answered, result: EvaluationFinished) -> str:
    project, dataset = given.project, given.dataset
    counts = dataset.counts
    prepared: RunPrepared | None = None
    started: RunStarted | None = None
    reader = given.run.follow(brief=True)
    while events := reader.read():
        for event in events:
            prepared = event if isinstance(event, RunPrepared) else prepared
            started = event if isinstance(event, RunStarted) else started
    known = summary(given.run)
    source = dataset.data.sources[0] if dataset.data.sources else None
    split = project.data.split
    phases = "; ".join(
        f"{phase.epochs} epochs, batch {phase.batch_size}, "
        + (f"{phase.samples:,} samples, " if phase.samples is not None else "")
        + ", ".join(
            (f"{player.name}: " if len(phase.players) > 1 else "")
            + f"{_step(player.optimizer)} with {_step(player.schedule)}"
            for player in phase.players
        )
        for phase in project.recipe.phases
    )
    data = facts(
        [
            ("Source", text(f"{source.kind.value}, {Path(source.path).name}") if source is not None else ""),
            ("Samples", f"{counts.train:,} to learn from, {counts.val:,} validation, {counts.test:,} test"),
            ("Left out", f"{dataset.left_out_count:,}" if dataset.left_out_count else ""),
            ("Split", text(f"{split.method.value}, seed {split.seed}")),
            ("Fingerprint", f'<span class="mono">{text(dataset.fingerprint)}</span>'),
        ]
    )
    fields = table(
        ("field", "kind", "role", "preparation"),
        [
            (text(field.name, 60), field.kind.value, field.role.value, text(_prepared(field), 300) or "–")
            for field in dataset.data.fields
        ],
        left=4,
    )
    versions = dict(started.versions) if started is not None else {}
    device = ""
    if prepared is not None:
        device = f"{prepared.device_name or prepared.device}, {prepared.precision}"
        device += f", {prepared.threads} threads" if prepared.threads else ""
    machine = started.machine.processor if started is not None else ""
    weights = sum(item.numel() for item in given.network.parameters())
    network = facts(
        [
            ("Network", f"{len(project.graph.nodes):,} nodes, {weights:,} parameters"),
            ("Recipe", text(phases)),
            ("Seed", str(started.seed if started is not None else known.seed)),
            ("Epochs", f"{known.epochs}, best {known.best_epoch}" if known.epochs else ""),
            ("Time", f"{known.seconds:,.0f} s" if known.seconds else ""),
            ("Trained on", text(device)),
            ("Processor", text(machine)),
            ("Versions", text(", ".join(f"{name} {version}" for name, version in versions.items()))),
            ("Report by", text(f"Netwright {_version()}, scored in {result.seconds:.1f} s")),
        ]
    )
    return (
        f'<div class="plots"><div class="card"><h3>Data</h3>{data}</div>'
        f'<div class="card"><h3>Training</h3>{network}</div></div>'
        f'<div class="card" style="margin-top:14px"><h3>Fields</h3>{fields}</div>'
    )


def _again(given: Answered) -> str:
    seed = summary(given.run).seed
    commands = "\n".join(
        [
            "# Train with the recipe and the seed above, then score and write this report.",
            f"netwright train PROJECT --seed {seed}",
            f"netwright evaluate PROJECT --run {given.run.number} --split {given.split} --report report.html",
        ]
    )
    return (
        f"<p>The folder runs/{text(given.run.path.name)} of the project holds network, recipe, data and weights as "
        "they were; PROJECT is the project's folder.</p>"
        f"<pre>{text(commands)}</pre>"
    )


def _prepared(field: Field) -> str:
    return ", ".join(_step(step) for step in field.preparation)


def _step(step: Step) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in step.attributes.items())
    return f"{step.type} ({settings})" if settings else step.type


def _weights(given: Answered) -> str:
    return "weights of the best epoch" if given.which == "best" else "weights of the last epoch"


def _label(name: str) -> str:
    known = metric_named(name)
    return known.label() if known is not None else name.replace("_", " ").capitalize()


def _is_share(name: str) -> bool:
    known = metric_named(name)
    return known is not None and known.percent


def _number(name: str, value: float) -> str:
    if _is_share(name):
        return f"{100 * value:.1f} %"
    return f"{value:,.4g}" if abs(value) >= 1e-3 or value == 0 else f"{value:.2e}"


def _between(name: str, interval: list[float]) -> str:
    if _is_share(name):
        return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"
    return f"{_number(name, interval[0])} to {_number(name, interval[1])}"


def _version() -> str:
    try:
        return importlib.metadata.version("netwright")
    except importlib.metadata.PackageNotFoundError:
        return "of this folder"
