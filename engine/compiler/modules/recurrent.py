"""torch's recurrent layers, batch first in all: one tensor as the answer, lengths of sequences, the memory if asked."""

import torch
from torch import Tensor, nn


def chosen(core: nn.RNNBase, result: str, sequence: Tensor, hidden: Tensor) -> Tensor:
    """`sequence` (N, L, D * H) as it is, or from `hidden` (layers * D, N, H) the last layer's, directions joined."""
    if result == "sequence":
        return sequence
    return torch.cat((hidden[-2], hidden[-1]), 1) if core.bidirectional else hidden[-1]


def packed(x: Tensor, lengths: Tensor | None) -> Tensor | nn.utils.rnn.PackedSequence:
    """(N, L, features) without what lies behind each sequence's length; a length is taken as 1 at least, L at most."""
    if lengths is None:
        return x
    steps = lengths.clamp(1, x.shape[1]).cpu()
    return nn.utils.rnn.pack_padded_sequence(x, steps, batch_first=True, enforce_sorted=False)


def padded(sequence: Tensor | nn.utils.rnn.PackedSequence, steps: int) -> Tensor:
    """(N, L, ...) again, with 0 behind each sequence's length."""
    if isinstance(sequence, Tensor):
        return sequence
    return nn.utils.rnn.pad_packed_sequence(sequence, batch_first=True, total_length=steps)[0]


def layers_first(state: Tensor | None) -> Tensor | None:
    """(N, layers, H) to torch's (layers, N, H), and back."""
    return None if state is None else state.transpose(0, 1).contiguous()


class RNN(nn.RNN):
    """nn.RNN; `result` is "last", (N, H), or "sequence", (N, L, H); `states` adds the memory (N, layers, H)."""

    def __init__(  # type: ignore[no-untyped-def]
        self, *arguments: int, result: str = "last", states: bool = False, **settings
    ) -> None:
        super().__init__(*arguments, **settings)
        self.result = result
        self.states = states

    def forward(  # type: ignore[override]
        self, x: Tensor, lengths: Tensor | None = None, hidden: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        sequence, last = super().forward(packed(x, lengths), layers_first(hidden))
        answer = chosen(self, self.result, padded(sequence, x.shape[1]), last)
        return (answer, last.transpose(0, 1)) if self.states else answer


class GRU(nn.GRU):
    """nn.GRU; `result` is "last", (N, H), or "sequence", (N, L, H); `states` adds the memory (N, layers, H)."""

    def __init__(  # type: ignore[no-untyped-def]
        self, *arguments: int, result: str = "last", states: bool = False, **settings
    ) -> None:
        super().__init__(*arguments, **settings)
        self.result = result
        self.states = states

    def forward(  # type: ignore[override]
        self, x: Tensor, lengths: Tensor | None = None, hidden: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        sequence, last = super().forward(packed(x, lengths), layers_first(hidden))
        answer = chosen(self, self.result, padded(sequence, x.shape[1]), last)
        return (answer, last.transpose(0, 1)) if self.states else answer


class LSTM(nn.LSTM):
    """nn.LSTM; `result` is "last", (N, H), or "sequence", (N, L, H); `states` adds both memories (N, layers, H)."""

    def __init__(  # type: ignore[no-untyped-def]
        self, *arguments: int, result: str = "last", states: bool = False, **settings
    ) -> None:
        super().__init__(*arguments, **settings)
        self.result = result
        self.states = states

    def forward(  # type: ignore[override]
        self, x: Tensor, lengths: Tensor | None = None, hidden: Tensor | None = None, cell: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        count = self.num_layers * (2 if self.bidirectional else 1)
        start = None
        if hidden is not None or cell is not None:
            hidden = x.new_zeros(x.shape[0], count, self.proj_size or self.hidden_size) if hidden is None else hidden
            cell = x.new_zeros(x.shape[0], count, self.hidden_size) if cell is None else cell
            start = (layers_first(hidden), layers_first(cell))
        sequence, (last, memory) = super().forward(packed(x, lengths), start)  # type: ignore[arg-type]
        answer = chosen(self, self.result, padded(sequence, x.shape[1]), last)
        return (answer, last.transpose(0, 1), memory.transpose(0, 1)) if self.states else answer


class LSTMCell(nn.LSTMCell):
    """nn.LSTMCell on three tensors: hidden and cell, 0 where free, become hidden and cell after one more step."""

    def forward(  # type: ignore[override]
        self, x: Tensor, hidden: Tensor | None = None, cell: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        nothing = x.new_zeros(x.shape[0], self.hidden_size)
        return super().forward(x, (nothing if hidden is None else hidden, nothing if cell is None else cell))
