"""Random numbers that depend on keys alone, never on what was drawn before: resumed runs stand on them.

splitmix64 (Steele, Lea, Flood 2014) as a hash of (seed, keys..., sample), in whole-number tensor arithmetic, so it is
the same on every device, in every version of torch, for any batch.
"""

import torch
from torch import Tensor

_MASK = (1 << 64) - 1


def _signed(value: int) -> int:
    """The 64 bits as torch's signed int64."""
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


_GAMMA = _signed(0x9E3779B97F4A7C15)
_MIX1 = _signed(0xBF58476D1CE4E5B9)
_MIX2 = _signed(0x94D049BB133111EB)


def _mix(x: Tensor) -> Tensor:
    """The finalizer of splitmix64; shifts are made logical by a mask, since torch's int64 is signed."""
    x = (x ^ ((x >> 30) & ((1 << 34) - 1))) * _MIX1
    x = (x ^ ((x >> 27) & ((1 << 37) - 1))) * _MIX2
    return x ^ ((x >> 31) & ((1 << 33) - 1))


def hashed(indices: Tensor, *keys: int) -> Tensor:
    """int64 (N,) of hashes, all 64 bits used, of each index with the keys."""
    state = torch.zeros((), dtype=torch.int64, device=indices.device)
    for key in keys:
        state = _mix(state + _signed((key + 1) * _GAMMA))
    return _mix(_mix(indices.to(torch.int64) * _GAMMA + state) + _GAMMA)


def uniforms(indices: Tensor, count: int, *keys: int) -> Tensor:
    """float32 (N, count), evenly in [0, 1), of each index with the keys."""
    rows = hashed(indices, *keys)[:, None]
    columns = torch.arange(1, count + 1, dtype=torch.int64, device=indices.device) * _GAMMA
    return ((_mix(rows + columns) >> 40) & ((1 << 24) - 1)).to(torch.float32) / (1 << 24)


def shuffled(count: int, *keys: int) -> Tensor:
    """The numbers 0 to count - 1 in an order that the keys alone decide."""
    return torch.argsort(hashed(torch.arange(count), *keys), stable=True)
