"""Where each place looks: the weights of every attention at work, taken while a network answers.

torch computes attention in one fused kernel that keeps no weights, so its doors (the function and the module; the
shortcut of the encoder layer is closed meanwhile) are watched while the network runs once: what goes in tells what the
weights were.
"""

import math
from collections import deque
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
_LOOKING: Final = ("query", "target", "input")
"""Ports at which a sequence comes in that looks, and at which one comes in that is looked at."""
_LOOKED_AT: Final = ("key", "keys", "memory", "source")


class Watched(TorchFunctionMode):
    """While this is entered, `found` collects the weights (heads, queries, keys) of each attention, with `now`, what
    was computed then, and whether a sequence looks at itself (None where that cannot be seen)."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Call | None = None
        self.found: list[tuple[Call | None, Tensor, bool | None]] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.multi_head_attention_forward:
            return self._many_heads(func, args, kwargs)
        if func is functional.scaled_dot_product_attention:
            self.found.append((self.now, dot_product_weights(*args, **kwargs)[0], None))
        return func(*args, **kwargs)

    def _many_heads(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        wanted = kwargs.get("need_weights", True)
        averaged = kwargs.get("average_attn_weights", True)
        told = {**kwargs, "need_weights": True, "average_attn_weights": False}
        answer, weights = func(*args, **told)  # (N, heads, queries, keys), or without N
        self.found.append(
            (self.now, (weights if weights.dim() == 3 else weights[0]).detach(), _looks_at_itself(*args[:2]))
        )
        if not wanted:
            return answer, None
        return answer, weights.mean(-3) if averaged else weights


def _looks_at_itself(query: Tensor | None = None, key: Tensor | None = None) -> bool | None:
    return None if query is None or key is None else query is key


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
                    watched.found.append((call, tensor[0].reshape(1, 1, -1), False))
    finally:
        torch.backends.mha.set_fastpath_enabled(shortcuts)
    return _told(opened, index, watched.found, words, inputs)


def _told(
    opened: Opened,
    index: int,
    found: list[tuple[Call | None, Tensor, bool | None]],
    words: dict[str, list[str]],
    inputs: list[Tensor],
) -> AttentionRead:
    maps: list[AttentionMap] = []
    left: list[str] = []
    used = 0
    for at, (call, weights, own) in enumerate(found):
        if call is None:
            continue
        node = call.node.id
        heads, queries, keys = weights.shape
        size = heads * queries * keys * 4
        if max(queries, keys) > MOST_PLACES or used + size > _MOST_BYTES:
            left.append(opened.title(node))
            continue
        used += size
        follows = found[at + 1] if at + 1 < len(found) else None
        looking, looked_at = _ports(opened, call, own, writes=follows is not None and follows[::2] == (call, False))
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
                query_words=_words(opened, node, looking, words, queries),
                key_words=_words(opened, node, looked_at, words, keys),
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


def _ports(opened: Opened, call: Call, own: bool | None, *, writes: bool) -> tuple[str, str]:
    """Where the sequence that looks comes into a node, and where the one that is looked at.

    `own`: it looks at itself. `writes`: the next attention of the same node looks at another sequence, as in a decoder.
    """
    linked = opened.project.graph.inputs_of(call.node.id)
    looking = next((name for name in _LOOKING if name in linked), "")
    looked_at = next((name for name in _LOOKED_AT if name in linked), "")
    if not looked_at or own is False or (own is None and looking):
        return looking, looked_at or looking
    both = looked_at if looked_at == "source" and not writes else looking
    return both, both


def _words(opened: Opened, node: str, port: str, words: dict[str, list[str]], count: int) -> list[str]:
    """The words of the text that reaches a port in so many places; of several such texts the nearest."""
    graph = opened.project.graph
    first = graph.inputs_of(node).get(port)
    waiting = deque([first.source] if first is not None else [])
    seen: set[str] = set()
    while waiting:
        name = waiting.popleft()
        if len(words.get(name, ())) == count:
            return words[name]
        if name not in seen:
            seen.add(name)
            waiting.extend(edge.source for edge in graph.inputs_of(name).values())
    return []


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
