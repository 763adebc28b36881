"""The modules of torch.nn that the catalog leaves out, and why; all others are in it."""

from collections.abc import Mapping

_HOLDER = "holds other modules or parameters; the drawing does"
_BASE = "a base class, which computes nothing"
_LAZY = "waits for its first input to learn sizes, which are known here while one draws"

LEFT_OUT: Mapping[str, str] = {
    "Container": _HOLDER,
    "Sequential": _HOLDER,
    "ModuleList": _HOLDER,
    "ModuleDict": _HOLDER,
    "ParameterList": _HOLDER,
    "ParameterDict": _HOLDER,
    "DataParallel": "spreads a network over several devices; the recipe chooses those",
    "SyncBatchNorm": "shares statistics between processes on several devices, of which there is one",
    "Module": _BASE,
    "RNNBase": _BASE,
    "RNNCellBase": _BASE,
    "LazyLinear": _LAZY,
    **{f"LazyConv{axes}d": _LAZY for axes in (1, 2, 3)},
    **{f"LazyConvTranspose{axes}d": _LAZY for axes in (1, 2, 3)},
    **{f"LazyBatchNorm{axes}d": _LAZY for axes in (1, 2, 3)},
    **{f"LazyInstanceNorm{axes}d": _LAZY for axes in (1, 2, 3)},
    "NLLLoss2d": "an old name of NLLLoss",
    "LinearCrossEntropyLoss": "a Linear and a CrossEntropyLoss in one; drawn as two, the Linear can also answer",
}
"""By name. A law test holds torch.nn to be covered by the catalog and this."""
