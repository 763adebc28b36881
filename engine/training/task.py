"""What is to be learned: a network with the batches of its splits, and what scores each of its outputs."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.checks.answers import answer_of
from engine.checks.inference import ShapeChecker
from engine.compiler.module import CompiledNetwork, compile_project
from engine.data.augmentation import acts_on_raw, augment, augment_mask, augment_raw
from engine.document.data_spec import FieldKind
from engine.document.flat import flattened
from engine.document.project import Project
from engine.document.recipe import Play, Precision
from engine.errors import DataError, TrainingError
from engine.training.device import wants_channels_last
from engine.training.feed import Column, Feed, Vary, keyed_seed
from engine.training.metrics import Scores, scores_for
from engine.training.playing.acting import Acting
from engine.training.playing.playing import MEAN_RETURN, playing_of


class Data(Protocol):
    """What is needed of an open data set."""

    @property
    def fingerprint(self) -> str:
        """Changes with the data."""

    def columns(self, fields: Sequence[str], split: str, *, raw: bool = False) -> Column:
        """The prepared values of these fields for a split; `raw`: sound as it is varied before it is prepared."""


def prepare_task(
    project: Project,
    data: Data,
    *,
    device: torch.device | None = None,
    precision: Precision = Precision.FLOAT32,
    checker: ShapeChecker | None = None,
) -> "Task":
    """Build a project's network with the first weights of its seed, move it to the device and open its batches.

    The random generators stand afterwards where training begins, whatever building the network drew from them.
    """
    device = device or torch.device("cpu")
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True  # batches have one shape, so it is worth trying which kernel is quickest
    torch.manual_seed(project.recipe.seed)
    network = compile_project(project, checker=checker).to(device)
    channels_last = wants_channels_last(network, device, precision)
    if channels_last:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    task = Task(project, network, data, device, channels_last=channels_last)
    torch.manual_seed(keyed_seed(project.recipe.seed, "steps"))
    return task


class Task:
    """A network on its device with the data it learns from. Raises DataError or TrainingError when they do not go
    together.

    A batch is a tensor for each Input of the training forward, then the targets of outputs that no loss looks at.
    """

    def __init__(
        self,
        project: Project,
        network: CompiledNetwork,
        data: Data,
        device: torch.device,
        *,
        channels_last: bool = False,
    ) -> None:
        self.project = project = flattened(project)
        self.network = network
        self.device = device
        self.channels_last = channels_last
        self._data = data
        self._groups = [network.input_fields[node_id] for node_id in network.training_input_ids]
        self.input_count = len(self._groups)
        self.trainable = frozenset(name for name, value in network.named_parameters() if value.requires_grad)
        """Names of the parameters that are not frozen; a phase may let only some of them move."""
        self.playing = playing_of(project, network, device)
        """What the network acts in, where its recipe plays; its Output is scored by that alone."""
        self.scored: list[tuple[int, int]] = []
        """(place among the outputs, place in a batch) of the prediction and the target of each of `scores`."""
        self._answers: list[tuple[str, str]] = []
        for number, output_id in enumerate(network.output_ids):
            name = network.output_fields[output_id]
            field = project.data.field(name)
            answer = answer_of(project.graph, output_id)
            if self.playing is not None and output_id == self.playing.output_id:
                continue
            if field is None or scores_for(field, "", project.recipe.metrics, device, answer) is None:
                continue
            if (name,) not in self._groups:
                self._groups.append((name,))
            places = [place for place, group in enumerate(self._groups) if group == (name,)]
            # A text may be looked back at as well, which may be varied; the truth is what only a loss sees.
            self.scored.append((number, next((place for place in places if self._is_truth(place)), places[0])))
            self._answers.append((name, answer))
        self.train = self._feed("train", varied=True)
        self.val = self._feed("val", varied=False)
        if self.train.samples == 0:
            raise DataError(
                "There is no sample to learn from.",
                where="train",
                hint="Give the train split a larger share in the tab Data.",
            )
        self._check_classes()
        self.join_single = any(isinstance(module, _BatchNorm) for module in network.modules())
        if self.join_single and self.train.samples == 1:
            raise TrainingError(
                "Batch normalization cannot learn from a single sample.",
                found="1 sample to train on",
                hint="Add data, or take the batch normalization out.",
            )

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The fields behind each tensor of a batch."""
        return tuple(self._groups)

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """Field and kind of answer ("softmax", ...) of each of `scored`."""
        return tuple(self._answers)

    def sample_numbers(self, split: str, rows: Sequence[int]) -> list[int]:
        """The numbers that samples of a split have in the whole data set; their rows where that does not tell."""
        indices = getattr(self._data, "split_indices", None)
        if indices is None:
            return list(rows)
        numbers = indices(split)
        return [int(numbers[row]) for row in rows]

    def acting(self, settings: Play) -> Acting:
        """The games of a phase that plays, whose memory begins with the train split."""
        assert self.playing is not None  # a recipe with a phase that plays
        columns = [self._data.columns(group, "train") for group in self._groups]
        return self.playing.learn(settings, self._groups, columns)

    def column(self, field: str, split: str) -> Column:
        """The prepared values of a field, also of one that the network does not look at. Raises DataError."""
        return self._data.columns((field,), split)

    def _feed(self, split: str, *, varied: bool) -> Feed:
        columns = [
            self._data.columns(group, split, raw=True)
            if varied and self._varies_raw(group)
            else self._data.columns(group, split)
            for group in self._groups
        ]
        vary = [
            self._vary(group) if varied and not self._is_truth_of_text(place) else None
            for place, group in enumerate(self._groups)
        ]
        return Feed(columns, self.device, channels_last=self.channels_last, vary=vary)

    def _is_truth(self, place: int) -> bool:
        """Whether no output looks at a tensor of the batch, but losses and scores alone."""
        ids = self.network.training_input_ids
        return place >= len(ids) or ids[place] not in self.network.input_ids

    def _is_truth_of_text(self, place: int) -> bool:
        """Whether it is a text to be written: that stays as it is, however what is looked back at is varied."""
        field = self.project.data.field(self._groups[place][0]) if len(self._groups[place]) == 1 else None
        return field is not None and field.kind is FieldKind.TEXT and self._is_truth(place)

    def _varies_raw(self, group: tuple[str, ...]) -> bool:
        """Whether the field's augmentation acts before its preparation is finished."""
        field = self.project.data.field(group[0]) if len(group) == 1 else None
        return field is not None and acts_on_raw(field)

    def _vary(self, group: tuple[str, ...]) -> Vary | None:
        """The augmentation of an Input, which is that of its field; fields that stand side by side have none.

        A mask goes where the picture goes that it belongs to: the first one that is varied.
        """
        field = self.project.data.field(group[0]) if len(group) == 1 else None
        seed = self.project.recipe.seed
        if field is not None and field.kind is FieldKind.MASK:
            varied = [item for item in self.project.data.inputs() if item.kind is FieldKind.IMAGE and item.augmentation]
            if not varied:
                return None
            picture = varied[0]

            def follow(batch: Tensor, rows: Tensor, epoch: int) -> Tensor:
                return augment_mask(picture, batch, seed=seed, epoch=epoch, indices=rows)

            return follow
        if field is None or not field.augmentation:
            return None

        early = acts_on_raw(field)

        def vary(batch: Tensor, rows: Tensor, epoch: int) -> Tensor:
            if early:
                batch = augment_raw(field, batch, seed=seed, epoch=epoch, indices=rows)
            return augment(field, batch, seed=seed, epoch=epoch, indices=rows)

        return vary

    def new_scores(self) -> list[Scores]:
        """Empty scores, one for each of `scored`."""
        wanted = self.project.recipe.metrics
        several = len(self.network.output_ids) > 1
        found = []
        for name, answer in self._answers:
            field = self.project.data.field(name)
            assert field is not None
            prefix = f"{name}." if several else ""
            scores = scores_for(field, prefix, wanted, self.device, answer, watched=self._watched(name))
            assert scores is not None
            found.append(scores)
        return found

    def _watched(self, field: str) -> str:
        """The metric that early stopping looks at, where it may be one of this field."""
        rule = self.project.recipe.early_stop
        of_field, _, key = rule.metric.rpartition(".") if rule is not None else ("", "", "")
        return key if of_field in ("", field) else ""

    @property
    def main_metric(self) -> str:
        """Picks the best epoch: the mean return of what plays; else, of the first output, the accuracy of classes, the
        overlap of masks, or the loss."""
        if self.playing is not None:
            return MEAN_RETURN
        if not self.scored or self.scored[0][0] != 0:
            return "loss"
        name = self._answers[0][0]
        field = self.project.data.field(name)
        prefix = f"{name}." if len(self.network.output_ids) > 1 else ""
        if field is not None and field.kind is FieldKind.MASK:
            return f"{prefix}jaccard_macro"
        if self._answers[0][1] == "embedding":
            return "loss"  # classes that are learned say little of those that are not
        return f"{prefix}accuracy" if field is not None and field.kind is FieldKind.CATEGORY else "loss"

    def _check_classes(self) -> None:
        """Class numbers must be those of the classes: some kernels read beyond their memory otherwise."""
        for name, _ in self._answers:
            field = self.project.data.field(name)
            whole = self._data.columns((name,), "train").whole()
            if field is None or field.kind not in (FieldKind.CATEGORY, FieldKind.MASK):
                continue
            if whole is None or whole.is_floating_point() or whole.numel() == 0:
                continue
            classes = len(field.statistics.classes)
            low, high = (int(number) for number in whole.aminmax())
            if low < 0 or high >= classes:
                raise DataError(
                    f"The field '{name}' holds a class that the project does not know.",
                    where=name,
                    expected=f"{classes} classes",
                    found=f"class number {low if low < 0 else high}",
                    hint="Import the data again.",
                )

    def weigh_classes(self) -> list[str]:
        """Make errors on rare classes count more, in proportion; the names of the fields it was done for.

        A class of a c-th part of the samples (of a mask: of the points) gets the weight 1 / (classes c), so that all
        classes weigh the same together.
        """
        done = []
        for loss_id in self.network.loss_ids:
            module = self.network.get_submodule(loss_id)
            edge = self.project.graph.inputs_of(loss_id).get("target")
            fields = self.network.input_fields.get(edge.source, ()) if edge is not None else ()
            weighed = "weight" in module._buffers and not isinstance(module, nn.BCELoss | nn.BCEWithLogitsLoss)
            if not weighed or len(fields) != 1:
                continue
            field = self.project.data.field(fields[0])
            if field is None or field.kind not in (FieldKind.CATEGORY, FieldKind.MASK):
                continue
            classes = len(field.statistics.classes)
            column = self._data.columns(fields, "train")
            counts = torch.zeros(classes, dtype=torch.float64)
            for start in range(0, len(column), 256):  # masks of a whole split would fill the memory
                labels = column.gather(torch.arange(start, min(start + 256, len(column))))
                counts += torch.bincount(labels.reshape(-1), minlength=classes)
            weights = torch.where(counts > 0, counts.sum() / (classes * counts.clamp(min=1)), 0.0)
            # Not persistent: the weights of classes are no part of what was learned.
            module.register_buffer("weight", weights.to(torch.float32).to(self.device), persistent=False)
            done.append(field.name)
        return done

    def close(self) -> None:
        """End the threads that gather batches, and the games."""
        self.train.close()
        self.val.close()
        if self.playing is not None:
            self.playing.close()
