"""What was made: pictures, sound and arrays beside what they should be, and new ones from random numbers."""

from copy import deepcopy
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.checks.answers import is_made_of_noise
from engine.checks.walking import sources_of
from engine.compiler.module import CompiledNetwork
from engine.compiler.modules.special import Reparameterize
from engine.data.drawing import bounds, draw_array, least_and_largest, picture_of
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule
from engine.document.data_spec import Field, FieldKind
from engine.evaluation.answered import Answered, AnsweredOutput
from engine.evaluation.plots.numbers import histogram
from engine.protocol.messages.data import Shown
from engine.protocol.messages.plots import PictureGrid, PictureRow, Plot
from engine.training.live_views.made_samples import in_words

VIEW: Final = "made"
SIDE: Final = 64
SEED: Final = 0
_EACH: Final = 4
"""Rows of the best, of the typical, of the worst."""
_ROWS, _ACROSS = 4, 8
_ASKED, _DRAWS = 16, 4
"""What is asked for in words, and how often it is made."""
_SEARCHED: Final = 2_000

Floats = npt.NDArray[Any]


def reconstructed(given: Answered, output: AnsweredOutput, field: Field) -> tuple[list[PictureGrid], list[Plot]]:
    """The worst, the typical and the best answers beside what they should be, and how the errors are spread.

    Only where every sample has an error (`output.errors`) and is kept.
    """
    target, errors = output.target, output.errors
    if target is None or errors is None or len(errors) == 0:
        return [], []
    off = errors[:, 1].sqrt().nan_to_num(nan=float("inf"))
    order = off[output.rows].argsort(descending=True, stable=True).tolist()
    middle = len(order) // 2
    parts = {
        "worst": order[:_EACH],
        "typical": order[middle - _EACH // 2 : middle + (_EACH + 1) // 2],
        "best": order[-_EACH:],
    }
    if len(order) <= 3 * _EACH:
        parts = {"": order}
    rows = []
    for which, places in parts.items():
        for place in places:
            row = int(output.rows[place])
            truth, answer = target[place].float(), output.raw[place].float().reshape(target[place].shape)
            drawn = [draw_prepared(field, item) for item in (truth, answer)]
            if field.kind is FieldKind.IMAGE and drawn[0].rgb:
                drawn.append(_difference(field, answer - truth))
            words = f"{float(off[row]):.3g}"
            rows.append(PictureRow(pictures=drawn, caption=f"{which} {words}".strip(), index=int(given.indices[row])))
    same = any(field.name in names for names in given.network.input_fields.values())
    columns = ["Original" if same else "True", "Made again" if same else "Answered"]
    if rows and len(rows[0].pictures) > 2:
        columns.append("Difference")
    grid = PictureGrid(
        key="reconstruction" if same else "answers",
        view=VIEW,
        title="Made again" if same else "Answers beside the truth",
        caption="Below each its error: the root of the mean squared difference, as prepared",
        columns=columns,
        rows=rows,
    )
    spread = histogram(
        off[torch.isfinite(off)].numpy(),
        key="reconstruction_error",
        view=VIEW,
        title="Error by sample",
        caption="Samples at the right are unlike those it learned from",
        axis="Error",
    )
    return [grid], [spread]


def made_from_noise(given: Answered, output: AnsweredOutput, field: Field) -> list[PictureGrid]:
    """New ones, drawn from a seed: from the network's own noise, or from the hidden values of a variational
    autoencoder, drawn from the bell curve that it learned to fill. Empty for other networks."""
    count = _ROWS * _ACROSS
    network = given.network
    if is_made_of_noise(given.project.graph, output.output_id):
        how = "Each from random numbers of its own"
    elif any(isinstance(module, Reparameterize) for module in network.modules()):
        network, how = _from_prior(network), "Hidden values drawn by chance, then decoded"
    else:
        return []
    asked = _asked_for(given, output)
    if asked:
        rows = torch.tensor([row for row, _ in asked]).repeat_interleave(_DRAWS)
    else:
        rows = torch.arange(min(count, given.count)) if network.input_ids else torch.arange(count)
    inputs = [
        given.dataset.columns(network.input_fields[node_id], given.split).gather(rows) for node_id in network.input_ids
    ]
    generator = torch.Generator().manual_seed(SEED)
    with torch.inference_mode():
        made = network(*inputs, *network.noise(len(rows), generator))[output.place].float()
    shape = None if output.target is None else output.target.shape[1:]
    if shape is not None and made[0].numel() == shape.numel():
        made = made.reshape(-1, *shape)
    drawn = [draw_prepared(field, item) for item in made]
    across = _DRAWS if asked else _ACROSS
    pictures = [drawn[start : start + across] for start in range(0, len(drawn), across)]
    words = [words for _, words in asked] if asked else [""] * len(pictures)
    grid = PictureGrid(
        key="made",
        view=VIEW,
        title="Made from noise",
        caption=f"{how}, seed {SEED}",
        columns=[f"Draw {number + 1}" for number in range(_DRAWS)] if asked else [],
        rows=[PictureRow(pictures=row, caption=said) for row, said in zip(pictures, words, strict=True)],
    )
    return [grid] if network is not given.network else [grid, *_real(given, output, field, count)]


def _real(given: Answered, output: AnsweredOutput, field: Field, count: int) -> list[PictureGrid]:
    """Samples of the split, to hold what was made against."""
    if output.target is None:
        return []
    places = range(min(count, len(output.rows)))
    rows = [
        PictureRow(
            pictures=[draw_prepared(field, output.target[place].float())],
            index=int(given.indices[int(output.rows[place])]),
        )
        for place in places
    ]
    return [
        PictureGrid(
            key="real",
            view=VIEW,
            title="Real, to compare",
            caption="Samples that it never learned from"
            if given.split == "test"
            else f"Samples of the {given.split} split",
            rows=rows,
        )
    ]


def _asked_for(given: Answered, output: AnsweredOutput) -> list[tuple[int, str]]:
    """Samples whose inputs ask for something different, and in what words; empty where no words are given."""
    network = given.network
    before = sources_of(given.project.graph, [output.output_id])
    names = [name for node_id in network.input_ids if node_id in before for name in network.input_fields[node_id]]
    field = given.project.data.field(names[0]) if len(names) == 1 else None
    if field is None:
        return []
    rows = torch.arange(min(given.count, _SEARCHED))
    words = in_words(field, given.dataset.columns((field.name,), given.split).gather(rows))
    found = {said: row for row, said in reversed(list(enumerate(words)))}
    return sorted(((row, said) for said, row in found.items()), key=lambda item: item[1])[:_ASKED]


class _Prior(nn.Module):
    """Stands for the point that a variational autoencoder draws: from the bell curve itself, whatever came in."""

    def __init__(self) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(SEED)  # its own: other threads may be drawing as well

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        return torch.randn(mean.shape, generator=self._generator)


def _from_prior(network: CompiledNetwork) -> CompiledNetwork:
    changed = deepcopy(network)
    for name, module in changed.named_children():
        if isinstance(module, Reparameterize):
            setattr(changed, name, _Prior())
    return changed


def draw_prepared(field: Field, value: Tensor, size: int = SIDE) -> Shown:
    """A prepared value, or an answer of its form, to be seen: a picture in its own grey levels, a curve, numbers."""
    values: Floats = value.detach().float().numpy()
    if field.kind is FieldKind.AUDIO:
        return Shown(curve=least_and_largest(values.reshape(-1)[:, None], 2 * size), channels=1)
    if field.kind is FieldKind.IMAGE and values.ndim == 3 and values.shape[0] in (1, 3):
        low, high = 0.0, 1.0
        rules = [rule for rule in Preparation(field).tensor_rules if isinstance(rule, NormalizeRule)]
        for rule in reversed(rules):
            values = values * rule.std + rule.mean
        if not rules:
            low, high = bounds(values)
        return picture_of(values, facts="", size=size, low=low, high=high)
    return draw_array(values, size)


def _difference(field: Field, difference: Tensor) -> Shown:
    """How far off each point is: black where it is right, white where it is off by half of the range or more."""
    values: Floats = difference.abs().float().numpy()
    for rule in Preparation(field).tensor_rules:
        if isinstance(rule, NormalizeRule):
            values = values * rule.std
    top = 127.5 if float(values.max(initial=0.0)) > 1.5 else 0.5
    grey = values.mean(0, keepdims=True)
    return picture_of(np.ascontiguousarray(grey), facts="", size=SIDE, low=0.0, high=top)
