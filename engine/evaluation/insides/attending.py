"""Where each place looks: the weights of every attention at work, taken while a network answers.

torch computes attention in one fused kernel that keeps no weights, so its doors (the function and the module; the
shortcut of the encoder layer is closed meanwhile) are watched while the network runs once: what goes in tells what the
weights were.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from engine.compiler.plan import Call
from engine.data.progress import IsCancelled, never
from engine.errors import Cancelled
from engine.evaluation.insides.opened import Opened
from engine.protocol.messages.insides import AttentionMap, AttentionRead

MOST_PLACES: Final = 256
_MOST_BYTES: Final = 16 << 20
_OWN: Final = {"AdditiveAttention": "weights"}
"""Layers that give their weights themselves, at this port."""


class Watched(TorchFunctionMode):
    """While this is entered, `found` collects the weights (heads, queries, keys) of each attention, with `now`, what
    was computed then."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Call | None = None
        self.found: list[tuple[Call | None, Tensor]] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.multi_head_attention_forward:
            return self._many_heads(func, args, kwargs)
        if func is functional.scaled_dot_product_attention:
            self.found.append((self.now, dot_product_weights(*args, **kwargs)[0]))
        return func(*args, **kwargs)

    def _many_heads(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        wanted = kwargs.get("need_weights", True)
        averaged = kwargs.get("average_attn_weights", True)
        told = {**kwargs, "need_weights": True, "average_attn_weights": False}
        answer, weights = func(*args, **told)  # (N, heads, queries, keys), or without N
        self.found.append((self.now, (weights if weights.dim() == 3 else weights[0]).detach()))
        if not wanted:
            return answer, None
        return answer, weights.mean(-3) if averaged else weights


def dot_product_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """(N, heads, queries, keys) of what `scaled_dot_product_attention` is given; each row of keys sums to 1."""
    if query.dim() == 3:
        query, key = query[:, None], key[:, None]
        attn_mask = attn_mask[:, None] if attn_mask is not None and attn_mask.dim() == 3 else attn_mask
    if enable_gqa:
        key = key.repeat_interleave(query.shape[1] // key.shape[1], 1)
    scores = query @ key.transpose(-2, -1) * (scale if scale is not None else 1 / math.sqrt(query.shape[-1]))
    if is_causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, -math.inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    return scores.softmax(-1).nan_to_num(0.0).detach()


@torch.no_grad()
def attention_of(opened: Opened, index: int, *, cancelled: IsCancelled = never) -> AttentionRead:
    """The weights of every attention for sample `index`. Raises DataError (no such sample), Cancelled."""
    inputs = opened.inputs(torch.tensor([opened.place(index)]))
    words = opened.input_words(inputs)
    watched = Watched()

    def begin(call: Call) -> None:
        if cancelled():
            raise Cancelled
        watched.now = call

    shortcuts = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with watched:
            for value, tensor in opened.values(inputs, before=begin):
                call = watched.now
                if call is not None and value == (call.node.id, _OWN.get(call.node.type)):
                    watched.found.append((call, tensor[0].reshape(1, 1, -1)))
    finally:
        torch.backends.mha.set_fastpath_enabled(shortcuts)
    return _told(opened, index, watched.found, words, inputs)


def _told(
    opened: Opened,
    index: int,
    found: list[tuple[Call | None, Tensor]],
    words: dict[str, list[str]],
    inputs: list[Tensor],
) -> AttentionRead:
    maps: list[AttentionMap] = []
    left: list[str] = []
    used = 0
    for call, weights in found:
        if call is None:
            continue
        node = call.node.id
        heads, queries, keys = weights.shape
        size = heads * queries * keys * 4
        if max(queries, keys) > MOST_PLACES or used + size > _MOST_BYTES:
            left.append(opened.title(node))
            continue
        used += size
        grid, extra = _grid(keys, inputs) if queries == keys else (None, 0)
        maps.append(
            AttentionMap(
                node=node,
                title=opened.title(node),
                part="",
                heads=heads,
                queries=queries,
                keys=keys,
                weights=weights.float().contiguous().numpy().astype("<f4").tobytes(),
                query_words=_words(words, queries, last=True),
                key_words=_words(words, keys, last=queries == keys),
                grid=grid,
                extra=extra,
            )
        )
    note = f"Left out, as they are too large to draw: {', '.join(dict.fromkeys(left))}." if left else ""
    return AttentionRead(index=index, maps=_parted(maps), note=note)


def _parted(maps: list[AttentionMap]) -> list[AttentionMap]:
    """Several of one node are told apart by their number."""
    count: dict[str, int] = {}
    for item in maps:
        count[item.node] = count.get(item.node, 0) + 1
    seen: dict[str, int] = {}
    found = []
    for item in maps:
        seen[item.node] = seen.get(item.node, 0) + 1
        found.append(replace(item, part=f"attention {seen[item.node]}") if count[item.node] > 1 else item)
    return found


def _words(words: dict[str, list[str]], count: int, *, last: bool) -> list[str]:
    """The words of the text that has so many places; of two such texts the last read where it is the one that looks."""
    fitting = [said for said in words.values() if len(said) == count]
    return (fitting[-1] if last else fitting[0]) if fitting else []


def _grid(keys: int, inputs: list[Tensor]) -> tuple[tuple[int, int] | None, int]:
    """Height and width of the places where they are patches of a picture, and how many stand before them."""
    for tensor in inputs:
        if tensor.dim() != 4:
            continue
        height, width = tensor.shape[2:]
        for extra in (0, 1):
            count = keys - extra
            for rows in range(1, count + 1):
                if count % rows == 0 and rows * width == (count // rows) * height and count > 1:
                    return (rows, count // rows), extra
    return None, 0
