"""Operators of ai.onnx.ml: encoders, linear models and trees of classic machine learning."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.compiler.onnx_operators import dtypes
from engine.compiler.onnx_operators.table import operator

_ML = "ai.onnx.ml"


@operator("ArrayFeatureExtractor", domain=_ML)
def array_feature_extractor(x: Any, places: Tensor) -> Any:
    """Some entries of the last axis."""
    if not isinstance(x, Tensor):
        return np.take(x, places.reshape(-1).numpy(), -1)
    found = x.index_select(-1, places.reshape(-1).long())
    return found.reshape(1, -1) if x.dim() == 1 else found


@operator("Binarizer", domain=_ML)
def binarizer(x: Tensor, *, threshold: float = 0.0) -> Tensor:
    """1 above a threshold, else 0."""
    return (x > threshold).to(x.dtype)


@operator("LabelEncoder", domain=_ML)
def label_encoder(
    x: Any,
    *,
    keys_strings: Sequence[str] | None = None,
    keys_int64s: Sequence[int] | None = None,
    keys_floats: Sequence[float] | None = None,
    keys_tensor: Any = None,
    values_strings: Sequence[str] | None = None,
    values_int64s: Sequence[int] | None = None,
    values_floats: Sequence[float] | None = None,
    values_tensor: Any = None,
    default_string: str = "_Unused",
    default_int64: int = -1,
    default_float: float = -0.0,
    default_tensor: Any = None,
    classes_strings: Sequence[str] | None = None,
) -> Any:
    """Each value replaced by what a table says."""
    array = np.asarray(dtypes.as_array(x))
    if classes_strings is not None:
        keys_strings, values_int64s = classes_strings, list(range(len(classes_strings)))
    keys = _first(keys_strings, keys_int64s, keys_floats, keys_tensor)
    if values_strings is not None:
        values: Any = values_strings
        default: Any = default_string
        kind: Any = np.dtype(object)
    elif values_int64s is not None:
        values, default, kind = values_int64s, default_int64, np.dtype(np.int64)
    elif values_floats is not None:
        values, default, kind = values_floats, default_float, np.dtype(np.float32)
    else:
        values, kind = values_tensor.ravel().tolist(), values_tensor.dtype
        fallback: Any = default_string if kind.kind in "OU" else default_int64 if kind.kind in "iu" else default_float
        default = fallback if default_tensor is None else default_tensor.ravel().tolist()[0]
    table = dict(zip(keys, values, strict=True))
    not_numbers = [value for key, value in table.items() if key != key]
    found = [
        not_numbers[0] if not_numbers and item != item else table.get(item, default) for item in array.ravel().tolist()
    ]
    return dtypes.as_tensor(np.array(found, dtype=kind).reshape(array.shape))


def _first(*found: Any) -> Any:
    keys = next(item for item in found if item is not None)
    return keys.ravel().tolist() if isinstance(keys, np.ndarray) else keys


@operator("OneHotEncoder", domain=_ML)
def one_hot_encoder(
    x: Any, *, cats_int64s: Sequence[int] | None = None, cats_strings: Sequence[str] | None = None, zeros: int = 1
) -> Tensor:
    """A column for each category."""
    array = np.asarray(dtypes.as_array(x))
    known = list(cats_strings if cats_strings is not None else cats_int64s or ())
    columns = [(array == item).astype(np.float32) for item in known]
    return torch.from_numpy(np.stack(columns, -1))


@operator("Scaler", domain=_ML)
def scaler(x: Tensor, *, offset: Sequence[float] = (0.0,), scale: Sequence[float] = (1.0,)) -> Tensor:
    """(x - offset) scale."""
    return (x.float() - torch.tensor(list(offset))) * torch.tensor(list(scale))


@operator("Normalizer", domain=_ML)
def normalizer(x: Tensor, *, norm: str = "MAX") -> Tensor:
    """Rows brought to one size."""
    x = x.float()
    size = {"MAX": x.amax(-1, keepdim=True), "L1": x.abs().sum(-1, keepdim=True)}.get(norm)
    return x / (x.square().sum(-1, keepdim=True).sqrt() if size is None else size)


@operator("Imputer", domain=_ML)
def imputer(
    x: Tensor,
    *,
    imputed_value_floats: Sequence[float] | None = None,
    imputed_value_int64s: Sequence[int] | None = None,
    replaced_value_float: float = 0.0,
    replaced_value_int64: int = 0,
) -> Tensor:
    """Missing values replaced."""
    new = torch.tensor(list(imputed_value_floats or imputed_value_int64s or [0]), dtype=x.dtype)
    old = replaced_value_float if x.is_floating_point() else replaced_value_int64
    gone = torch.isnan(x) if old != old else x == old
    return torch.where(gone, new, x)


@operator("FeatureVectorizer", domain=_ML)
def feature_vectorizer(*inputs: Tensor, inputdimensions: Sequence[int] | None = None) -> Tensor:
    """Columns side by side."""
    return torch.cat([item.float().reshape(item.shape[0], -1) for item in inputs], 1)


@operator("LinearRegressor", domain=_ML)
def linear_regressor(
    x: Tensor,
    *,
    coefficients: Sequence[float],
    intercepts: Sequence[float] | None = None,
    post_transform: str = "NONE",
    targets: int = 1,
) -> Tensor:
    """Weighted sums of columns."""
    weights = torch.tensor(list(coefficients)).reshape(targets, -1)
    found = x.float() @ weights.t() + (torch.tensor(list(intercepts)) if intercepts else 0.0)
    return _finished(found, post_transform)


@operator("LinearClassifier", domain=_ML)
def linear_classifier(
    x: Tensor,
    *,
    coefficients: Sequence[float],
    intercepts: Sequence[float] | None = None,
    classlabels_ints: Sequence[int] | None = None,
    classlabels_strings: Sequence[str] | None = None,
    multi_class: int = 0,
    post_transform: str = "NONE",
) -> tuple[Any, Tensor]:
    """The class with the largest weighted sum, and the scores of all."""
    labels: Sequence[Any] = classlabels_strings if classlabels_strings is not None else classlabels_ints or (0, 1)
    rows = len(intercepts) if intercepts else len(labels)
    scores = x.float() @ torch.tensor(list(coefficients)).reshape(rows, -1).t()
    scores = scores + (torch.tensor(list(intercepts)) if intercepts else 0.0)
    if scores.shape[1] == 1 and len(labels) == 2:
        scores = torch.cat([-scores, scores], 1)
        shares = torch.sigmoid(scores) if post_transform == "LOGISTIC" else _finished(scores, post_transform)
    else:
        shares = _finished(scores, post_transform)
    best = scores.argmax(1)
    if classlabels_strings is not None:
        return np.array(list(labels), dtype=object)[best.numpy()], shares
    return torch.tensor(list(labels), dtype=torch.int64)[best], shares


def _finished(x: Tensor, way: str) -> Tensor:
    if way == "LOGISTIC":
        return torch.sigmoid(x)
    if way == "SOFTMAX":
        return torch.softmax(x, -1)
    if way == "SOFTMAX_ZERO":
        return torch.where(x == 0, x, torch.softmax(x, -1))
    if way == "PROBIT":
        found: Tensor = torch.special.ndtri(x)
        return found
    return x


_COMPARE = {
    0: lambda a, b: a <= b,
    1: lambda a, b: a < b,
    2: lambda a, b: a >= b,
    3: lambda a, b: a > b,
    4: lambda a, b: a == b,
    5: lambda a, b: a != b,
}


@operator("TreeEnsemble", domain=_ML)
def tree_ensemble(
    x: Tensor,
    *,
    leaf_targetids: Sequence[int],
    leaf_weights: Any,
    nodes_falseleafs: Sequence[int],
    nodes_falsenodeids: Sequence[int],
    nodes_featureids: Sequence[int],
    nodes_modes: Any,
    nodes_splits: Any,
    nodes_trueleafs: Sequence[int],
    nodes_truenodeids: Sequence[int],
    tree_roots: Sequence[int],
    aggregate_function: int = 1,
    membership_values: Any = None,
    n_targets: int = 1,
    nodes_hitrates: Any = None,
    nodes_missing_value_tracks_true: Sequence[int] | None = None,
    post_transform: int = 0,
) -> Tensor:
    """What many trees of questions say together."""
    rows = x.detach().cpu().numpy()
    modes = np.asarray(nodes_modes).ravel().tolist()
    splits = np.asarray(nodes_splits).ravel()
    weights = np.asarray(leaf_weights).ravel()
    members: dict[int, set[float]] = {}
    if membership_values is not None:
        groups: list[set[float]] = [set()]
        for value in np.asarray(membership_values).ravel().tolist():
            if value != value:
                groups.append(set())
            else:
                groups[-1].add(value)
        members = dict(zip([i for i, mode in enumerate(modes) if mode == 6], groups, strict=False))
    missing = nodes_missing_value_tracks_true or [0] * len(modes)
    found = np.zeros((len(rows), n_targets), dtype=np.float64)
    seen = np.zeros_like(found, dtype=bool)
    for n, row in enumerate(rows):
        for root in tree_roots:
            place, steps = root, 0
            while steps <= len(modes):
                steps += 1
                value = row[nodes_featureids[place]]
                if modes[place] == 6:
                    yes = float(value) in members.get(place, set())
                else:
                    yes = bool(_COMPARE[modes[place]](value, splits[place]))
                yes = yes or (bool(missing[place]) and value != value)
                leaf = nodes_trueleafs[place] if yes else nodes_falseleafs[place]
                place = nodes_truenodeids[place] if yes else nodes_falsenodeids[place]
                if leaf:
                    break
            target = leaf_targetids[place]
            weight = float(weights[place])
            if aggregate_function in (0, 1):
                found[n, target] += weight
            elif aggregate_function == 2:
                found[n, target] = min(found[n, target], weight) if seen[n, target] else weight
            else:
                found[n, target] = max(found[n, target], weight) if seen[n, target] else weight
            seen[n, target] = True
    if aggregate_function == 0:
        found /= len(tree_roots)
    ways = {0: "NONE", 1: "SOFTMAX", 2: "LOGISTIC", 3: "SOFTMAX_ZERO", 4: "PROBIT"}
    return _finished(torch.from_numpy(found).to(x.dtype), ways[post_transform])
