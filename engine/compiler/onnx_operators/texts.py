"""Operators on texts, which are arrays of NumPy."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.compiler.onnx_operators.dtypes import as_array
from engine.compiler.onnx_operators.table import operator


def _texts(x: Any) -> np.ndarray:
    array = np.asarray(x, dtype=object)
    plain = [item.decode() if isinstance(item, bytes) else str(item) for item in array.ravel()]
    return np.array(plain, dtype=object).reshape(array.shape)


@operator("StringNormalizer")
def string_normalizer(
    x: Any,
    *,
    case_change_action: str = "NONE",
    is_case_sensitive: int = 0,
    stopwords: Sequence[str] | None = None,
    locale: str | None = None,
) -> Any:
    """Texts in large or small letters, without those that are to be left out."""
    change = {"LOWER": str.lower, "UPPER": str.upper}.get(case_change_action, str)
    left_out = set(stopwords or ()) if is_case_sensitive else {word.lower() for word in stopwords or ()}
    rows = _texts(x)
    flat = rows.ravel()
    kept = [change(word) for word in flat if (word if is_case_sensitive else word.lower()) not in left_out]
    kept = kept or [""]
    shape = (1, len(kept)) if rows.ndim == 2 else (len(kept),)
    return np.array(kept, dtype=object).reshape(shape)


@operator("StringConcat")
def string_concat(a: Any, b: Any) -> Any:
    """One text behind the other."""
    first, second = np.broadcast_arrays(_texts(a), _texts(b))
    joined = [x + y for x, y in zip(first.ravel(), second.ravel(), strict=True)]
    return np.array(joined, dtype=object).reshape(first.shape)


@operator("StringSplit")
def string_split(x: Any, *, delimiter: str | None = None, maxsplit: int | None = None) -> tuple[Any, Tensor]:
    """Texts cut into words, filled up with empty ones, and how many each has."""
    rows = _texts(x)
    by = delimiter or None
    parts = [text.split(by, -1 if maxsplit is None else maxsplit) if text else [] for text in rows.ravel()]
    most = max((len(item) for item in parts), default=0)
    filled = [item + [""] * (most - len(item)) for item in parts]
    words = np.array([word for item in filled for word in item], dtype=object).reshape(*rows.shape, most)
    return words, torch.tensor([len(item) for item in parts], dtype=torch.int64).reshape(rows.shape)


@operator("RegexFullMatch")
def regex_full_match(x: Any, *, pattern: str) -> Tensor:
    """Whether a whole text has a form."""
    rows = _texts(x)
    form = re.compile(pattern)
    found = [form.fullmatch(text) is not None for text in rows.ravel()]
    return torch.tensor(found, dtype=torch.bool).reshape(rows.shape)


@operator("TfIdfVectorizer")
def tf_idf_vectorizer(
    x: Any,
    *,
    max_gram_length: int,
    max_skip_count: int,
    min_gram_length: int,
    mode: str,
    ngram_counts: Sequence[int],
    ngram_indexes: Sequence[int],
    pool_int64s: Sequence[int] | None = None,
    pool_strings: Sequence[str] | None = None,
    weights: Sequence[float] | None = None,
) -> Tensor:
    """How often each of some runs of words or numbers occurs."""
    pool: Sequence[Any] = pool_strings if pool_strings is not None else pool_int64s or ()
    column: dict[tuple[Any, ...], int] = {}
    number = 0
    for size, begin in enumerate(ngram_counts, 1):
        end = ngram_counts[size] if size < len(ngram_counts) else len(pool)
        for at in range(begin, end, size):
            if min_gram_length <= size <= max_gram_length:
                column[tuple(pool[at : at + size])] = number
            number += 1
    array = as_array(x)
    rows = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    found = np.zeros((len(rows), max(ngram_indexes) + 1), np.float32)
    for row, items in zip(found, rows.tolist(), strict=True):
        for size in range(min_gram_length, max_gram_length + 1):
            for skip in range(max_skip_count + 1 if size > 1 else 1):
                step = skip + 1
                for at in range(len(items) - (size - 1) * step):
                    gram = tuple(items[at : at + size * step : step])
                    if gram in column:
                        row[ngram_indexes[column[gram]]] += 1
    if mode in ("IDF", "TFIDF"):
        by = np.ones(found.shape[1], np.float32)
        for place, weight in zip(ngram_indexes, weights or [1.0] * len(ngram_indexes), strict=False):
            by[place] = weight
        found = np.minimum(found, 1) * by if mode == "IDF" else found * by
    return torch.from_numpy(found if array.ndim > 1 else found[0])
