"""Byte pairs: training against counting all pairs anew, cutting against joining word by word, the file against Python.

Run as `python -m tests.benchmarks.bench_tokens`. Prints ratios of the same run; on made sentences, so that anyone can.
"""

import random
import time
from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np
import onnxruntime
import torch
from onnx import TensorProto

from engine.data.preparation import Preparation
from engine.data.preparation.text import measure_tokens
from engine.data.tokens import tokens_of
from engine.data.tokens.byte_pairs import BytePairTokens, train_byte_pairs
from engine.document.data_spec import Field, FieldKind, Step
from engine.onnx_writer import OnnxWriter

SENTENCES, LENGTH, PIECES = 4000, 32, 1000


def sentences() -> list[str]:
    """Words made of syllables, the frequent ones far more frequent, as in a language."""
    generator = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er")]
    words = ["".join(generator.choices(syllables, k=generator.randint(1, 4))) for _ in range(3000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    return [" ".join(generator.choices(words, weights, k=generator.randint(3, 12))) + "." for _ in range(SENTENCES)]


def naive_training(counts: Counter[str], size: int) -> list[tuple[str, str]]:
    """The textbook: every pair of every word is counted before each join."""
    parted = {word: list(word) for word in counts}
    pieces = {letter for word in counts for letter in word}
    merges: list[tuple[str, str]] = []
    while len(pieces) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in parted.items():
            for pair in zip(parts, parts[1:], strict=False):  # noqa: RUF007 - as one would write it
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], *pair))
        merges.append(best)
        pieces.add("".join(best))
        for parts in parted.values():
            _join(parts, best)
    return merges


def _join(parts: list[str], pair: tuple[str, str]) -> None:
    at = 0
    while at < len(parts) - 1:
        if (parts[at], parts[at + 1]) == pair:
            parts[at : at + 2] = [pair[0] + pair[1]]
        at += 1


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the faster of two runs."""
    found = []
    for _ in range(2):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    """Print the figures."""
    torch.set_num_threads(1)
    texts = sentences()
    step = Step(type="BytePairs", attributes={"length": LENGTH, "vocabulary_size": PIECES})
    bare = Field(name="text", kind=FieldKind.TEXT, preparation=(step,))
    field = msgspec.structs.replace(bare, statistics=measure_tokens(Preparation(bare).rules[0], texts))
    tokens = tokens_of(field)
    assert isinstance(tokens, BytePairTokens)
    counts: Counter[str] = Counter(part for text in texts for part in tokens.parts(text))

    small = 200
    ours, naive = seconds(lambda: train_byte_pairs(counts, small)), seconds(lambda: naive_training(counts, small))
    print(f"training {small} pieces: {ours:.2f} s, textbook {naive:.2f} s, {naive / ours:.1f} times as fast")

    preparation = Preparation(field)
    cached = seconds(lambda: preparation.apply(texts))
    plain = seconds(lambda: [tokens._encoded(part) for text in texts for part in tokens.parts(text)])
    print(f"cutting: {len(texts) / cached:,.0f} sentences/s, word by word {plain / cached:.1f} times as long")

    writer = OnnxWriter()
    writer.output(preparation.write_input(writer), "ids", TensorProto.INT64, ["N", LENGTH])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(writer.model().SerializeToString(), options)
    batches = [np.array(texts[at : at + 64], object) for at in range(0, 1024, 64)]
    in_file = seconds(lambda: [session.run(None, {"text": batch}) for batch in batches])
    fresh = seconds(lambda: [Preparation(field).apply(list(batch)) for batch in batches])
    print(f"in the file: {1024 / in_file:,.0f} sentences/s, {fresh / in_file:.2f} times Python with nothing remembered")
    same = all(
        np.array_equal(session.run(None, {"text": batch})[0], preparation.apply(list(batch)).numpy())
        for batch in batches
    )
    print(f"the same numbers: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
