"""Scores of written text: given what came before as it should be, and written freely as it will be used.

Axes: N texts, C tokens, L places.
"""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from engine.checks.answers import answer_of
from engine.compiler.module import CompiledNetwork
from engine.data.progress import IsCancelled, Progress
from engine.data.tokens import Tokens, tokens_of
from engine.data.tokens.words import WordTokens
from engine.document.data_spec import Field, FieldKind
from engine.document.project import Project
from engine.errors import Cancelled
from engine.protocol.messages.evaluation import FieldEvaluation, Mistake
from engine.training.metrics import scores_for

MOST_WRITTEN: Final = 200
"""Texts that are written freely: a step for each of their tokens makes that slow."""
_MOST_MISTAKES: Final = 60
_TOGETHER: Final = 64
_PAD, _FIRST_WRITTEN = 0, 3  # 0 fills up, 1 is unknown, 2 begins; 3 ends


def writer_places(network: CompiledNetwork, field: str) -> list[int]:
    """The inputs by which the network looks back at what it has written of a field."""
    return [
        place
        for place, node_id in enumerate(network.input_ids)
        if node_id in network.input_shifts and network.input_fields[node_id] == (field,)
    ]


class TextTaker:
    """Takes in answers batch by batch, as all of them together may not fit in memory.

    `target_nl` are the prepared texts of the split in order.
    """

    def __init__(self, project: Project, output_id: str, field: Field, tokens: Tokens, target_nl: Tensor) -> None:
        answer = answer_of(project.graph, output_id)
        self.field = field
        self.tokens = tokens
        self.target_nl = target_nl
        self._scores = scores_for(field, "", project.recipe.metrics, torch.device("cpu"), answer)
        self._is_softmax = answer == "softmax"
        self._nll = 0.0
        self._characters = 0.0
        self._answers: list[Tensor] = []
        self._unlikely: list[Tensor] = []
        blank = int(isinstance(tokens, WordTokens))
        self._lengths = torch.tensor([max(1, len(text) + blank) for text in tokens.spellings()], dtype=torch.float64)
        self._lengths[: tokens.first] = 1.0

    @property
    def numbers_a_text(self) -> int:
        """Scores of one text."""
        return self.target_nl.shape[1] * len(self._lengths)

    def take(self, raw_ncl: Tensor, start: int) -> None:
        """Answers of the texts from `start` on."""
        target = self.target_nl[start : start + len(raw_ncl)]
        if raw_ncl.dim() != 3 or raw_ncl.shape[2] != target.shape[1]:
            return  # of another form than scores for each token; only its loss can judge it
        if self._scores is not None:
            self._scores.add(raw_ncl.float(), target)
        self._answers.append(raw_ncl.argmax(1) * (target != _PAD))
        if self._is_softmax:
            nll = torch.nn.functional.cross_entropy(raw_ncl.float(), target, reduction="none") * (target != _PAD)
            self._nll += float(nll.double().sum())
            self._characters += float((self._lengths[target] * (target != _PAD)).sum())
            self._unlikely.append(nll)

    @property
    def answers(self) -> Tensor:
        """int64 (N, L): the likeliest token at each place, given the true ones before it. Empty for other outputs."""
        return torch.cat(self._answers) if self._answers else torch.zeros((0, self.target_nl.shape[1])).long()

    @property
    def nll_nl(self) -> Tensor | None:
        """float32 (N, L): how unlikely each true token seemed, in nats; 0 where nothing stands. None where unknown."""
        return torch.cat(self._unlikely) if self._unlikely else None

    def result(self, indices: Tensor, written: dict[int, str] | None) -> FieldEvaluation:
        """Scores, and the texts that are furthest off. `written` are those that were written freely, by place."""
        found = self._scores.values() if self._scores is not None else {}
        if self._characters:
            found["bits_per_character"] = self._nll / self._characters / math.log(2)
        if written:
            found |= compared([self.text(place) for place in written], list(written.values()))
        return FieldEvaluation(field=self.field.name, metrics=found, mistakes=self._mistakes(indices, written))

    def text(self, place: int) -> str:
        """The true text of a place in the split."""
        return self.tokens.text(self.target_nl[place].tolist())

    def _mistakes(self, indices: Tensor, written: dict[int, str] | None) -> list[Mistake]:
        """Texts that were written otherwise than they should be, with the doubt about the truth in nats a token."""
        nll_nl = self.nll_nl
        if nll_nl is None:
            return []
        doubt, answers = nll_nl.sum(1) / (self.target_nl != _PAD).sum(1).clamp(min=1), self.answers
        said = written or {place: self.tokens.text(row) for place, row in enumerate(answers.tolist())}
        wrong = [(float(doubt[place]), place) for place, text in said.items() if text != self.text(place)]
        wrong.sort(key=lambda item: (-item[0], item[1]))
        return [
            Mistake(
                index=int(indices[place]),
                true=self.text(place),
                predicted=said[place],
                score=score,
            )
            for score, place in wrong[:_MOST_MISTAKES]
        ]


def compared(true: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """Exact match, chrF and BLEU (with smoothing) of whole texts, each 0 to 1."""
    from torchmetrics.functional.text import bleu_score, chrf_score

    return {
        "exact_match": sum(one == other for one, other in zip(true, said, strict=True)) / max(1, len(true)),
        "chrf": float(torch.as_tensor(chrf_score(said, [[text] for text in true], n_word_order=0))),
        "bleu": float(bleu_score(said, [[text] for text in true], smooth=True)),
    }


def taker_of(project: Project, output_id: str, field: Field | None, target_nl: Tensor) -> TextTaker | None:
    """What takes in the answers of an output of text; None for other outputs."""
    tokens = tokens_of(field) if field is not None and field.kind is FieldKind.TEXT else None
    if field is None or tokens is None or target_nl.dim() != 2 or target_nl.is_floating_point():
        return None
    return TextTaker(project, output_id, field, tokens, target_nl)


@torch.inference_mode()
def write_freely(
    network: CompiledNetwork,
    inputs: Sequence[Tensor],
    output: int,
    tokens: Tokens,
    places: Sequence[int],
    *,
    progress: Progress,
    cancelled: IsCancelled,
) -> list[str]:
    """The texts that a network writes, the likeliest token at each step, for prepared inputs (N, ...).

    `places` are the inputs that hold what is written so far; what `inputs` has there is not looked at. Only for text
    that is filled up on the right and whose end is marked. Raises Cancelled.
    """
    count = len(inputs[0])
    found: list[str] = []
    for start in range(0, count, _TOGETHER):
        part = [tensor[start : start + _TOGETHER] for tensor in inputs]
        drawn = network.noise(len(part[0]), torch.Generator().manual_seed(start))
        noise = [tensor.to(part[0].device) for tensor in drawn]
        written = torch.zeros_like(part[places[0]])
        still = torch.ones(len(written), dtype=torch.bool, device=written.device)
        for at in range(written.shape[1]):
            if cancelled():
                raise Cancelled
            for place in places:
                part[place] = written
            scores = network(*part, *noise)[output][:, :, at].clone()
            scores[:, :_FIRST_WRITTEN] = -torch.inf
            number = scores.argmax(1)
            written[:, at] = torch.where(still, number, _PAD)
            still &= number != _FIRST_WRITTEN
            if not bool(still.any()):
                break
        found += [tokens.text(row) for row in written.tolist()]
        progress(min(1.0, (start + _TOGETHER) / count), "Writing")
    return found
