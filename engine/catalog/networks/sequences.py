"""Blocks and networks for sequences and words, and for pictures read as sequences; each names its paper."""

from engine.catalog.networks.drawing import Drawing, Wire
from engine.document.block import DrawnBlock

Blocks = tuple[DrawnBlock, ...]


def _perceptron(drawing: Drawing, wire: Wire, wide: int, narrow: int) -> tuple[Wire, Wire, Wire]:
    """Linear, GELU, Linear; returns (end, first linear, second linear)."""
    first = drawing.add("Linear", wire, out_features=wide)
    second = drawing.add("Linear", drawing.add("GELU", first), out_features=narrow)
    return second, first, second


def _encoder(name: str, title: str, *, norm_first: bool, causal: bool, eps: float) -> Blocks:
    """Attention over the sequence itself and two linear layers, each added to what came in."""
    drawing = Drawing(name, title)
    x = drawing.input()
    seen = drawing.add("LayerNorm", x, eps=eps) if norm_first else x
    attention = drawing.add("MultiheadAttention", seen, seen, seen, num_heads=12, causal=causal)
    y = drawing.add("Add", x, attention)
    if not norm_first:
        y = drawing.add("LayerNorm", y, eps=eps)
    seen = drawing.add("LayerNorm", y, eps=eps) if norm_first else y
    end, first, second = _perceptron(drawing, seen, 3072, 768)
    y = drawing.add("Add", y, end)
    if not norm_first:
        y = drawing.add("LayerNorm", y, eps=eps)
    drawing.output(y)
    drawing.expose("heads", (attention, "num_heads"))
    drawing.expose("wide", (first, "out_features"))
    drawing.expose("features", (second, "out_features"))
    return drawing.done()


def transformer_encoder() -> Blocks:
    """One layer of a transformer encoder, normalized after each sum (Vaswani and others, 2017; Devlin, 2018)."""
    return _encoder("encoderlayer", "Transformer encoder", norm_first=False, causal=False, eps=1e-12)


def transformer_encoder_norm_first() -> Blocks:
    """One layer of a transformer encoder, normalized before each part (Dosovitskiy and others, 2020)."""
    return _encoder("encodernormfirst", "Transformer encoder, norm first", norm_first=True, causal=False, eps=1e-6)


def transformer_causal() -> Blocks:
    """One layer of a language model: each step sees those before it (Radford and others, 2019)."""
    return _encoder("causallayer", "Causal transformer", norm_first=True, causal=True, eps=1e-5)


def transformer_decoder() -> Blocks:
    """One layer of a transformer decoder: looks back at itself, then at the encoder (Vaswani and others, 2017)."""
    drawing = Drawing("decoderlayer", "Transformer decoder")
    x, memory = drawing.input("so far"), drawing.input("memory")
    itself = drawing.add("MultiheadAttention", x, x, x, num_heads=8, causal=True)
    y = drawing.add("LayerNorm", drawing.add("Add", x, itself))
    across = drawing.add("MultiheadAttention", y, memory, memory, num_heads=8)
    y = drawing.add("LayerNorm", drawing.add("Add", y, across))
    first = drawing.add("Linear", y, out_features=2048)
    second = drawing.add("Linear", drawing.add("ReLU", first), out_features=512)
    drawing.output(drawing.add("LayerNorm", drawing.add("Add", y, second)))
    drawing.expose("heads", (itself, "num_heads"), (across, "num_heads"))
    drawing.expose("wide", (first, "out_features"))
    drawing.expose("features", (second, "out_features"))
    return drawing.done()


def vit_b16() -> Blocks:
    """ViT-B/16: a 224 × 224 picture in 196 patches through 12 layers (Dosovitskiy and others, 2020)."""
    drawing = Drawing("vit", "ViT-B/16")
    y = drawing.add("Conv2d", drawing.input(), out_channels=768, kernel_size=16, stride=16, title="Patches")
    y = drawing.chain(
        y,
        ("Flatten", {"start_dim": 2}),
        "Permute",
        "ClassToken",
        ("PositionalEncoding", {"learned": True, "max_length": 197}),
    )
    y = drawing.block(transformer_encoder_norm_first(), y, repeat=12)
    y = drawing.chain(y, ("LayerNorm", {"eps": 1e-6}), ("Select", {"dim": 1, "index": 0}))
    head = drawing.add("Linear", y, out_features=1000)
    drawing.output(head)
    drawing.expose("classes", (head, "out_features"))
    return drawing.done()


def gpt2_small() -> Blocks:
    """GPT-2 small without its head, which has the weights of the embedding (Radford and others, 2019).

    As many words as the data has; published with 50,257.
    """
    drawing = Drawing("gpt", "GPT-2 small")
    words = drawing.add("Embedding", drawing.input("tokens"), embedding_dim=768)
    y = drawing.add("PositionalEncoding", words, learned=True, max_length=1024)
    y = drawing.block(transformer_causal(), y, repeat=12)
    drawing.output(drawing.add("LayerNorm", y))
    return drawing.done()


def bert_base() -> Blocks:
    """BERT-base: an answer for each token and one for the whole (Devlin and others, 2018).

    As many words as the data has; published with 30,522, and two kinds of segments.
    """
    drawing = Drawing("bert", "BERT-base")
    tokens, segments = drawing.input("tokens"), drawing.input("segments")
    words = drawing.add("Embedding", tokens, embedding_dim=768)
    kinds = drawing.add("Embedding", segments, embedding_dim=768)
    y = drawing.add("PositionalEncoding", drawing.add("Add", words, kinds), learned=True, max_length=512)
    y = drawing.add("LayerNorm", y, eps=1e-12)
    y = drawing.block(transformer_encoder(), y, repeat=12)
    drawing.output(y, "each token")
    whole = drawing.add("Select", y, dim=1, index=0)
    drawing.output(drawing.chain(whole, ("Linear", {"out_features": 768}), "Tanh"), "the whole")
    return drawing.done()


def mlp_mixer() -> Blocks:
    """One layer of MLP-Mixer B/16: mixes along the patches, then along the features (Tolstikhin, 2021)."""
    drawing = Drawing("mixer", "MLP-Mixer")
    x = drawing.input()
    y = drawing.chain(x, "LayerNorm", "Permute")
    y, wide_steps, steps = _perceptron(drawing, y, 384, 196)
    y = drawing.add("Add", x, drawing.add("Permute", y))
    end, wide, features = _perceptron(drawing, drawing.add("LayerNorm", y), 3072, 768)
    drawing.output(drawing.add("Add", y, end))
    drawing.expose("steps", (steps, "out_features"))
    drawing.expose("wide_steps", (wide_steps, "out_features"))
    drawing.expose("features", (features, "out_features"))
    drawing.expose("wide", (wide, "out_features"))
    return drawing.done()


def convnext() -> Blocks:
    """A depthwise 7 × 7 convolution and two linear layers at each place (Liu and others, 2022, ConvNeXt-T)."""
    drawing = Drawing("convnext", "ConvNeXt")
    x = drawing.input()
    depth = drawing.add("Conv2d", x, out_channels=96, groups=96, kernel_size=7, padding=3)
    y = drawing.chain(depth, ("Permute", {"dims": [2, 3, 1]}), ("LayerNorm", {"eps": 1e-6}))
    end, wide, narrow = _perceptron(drawing, y, 384, 96)
    scaled = drawing.add("LayerScale", end)
    drawing.output(drawing.add("Add", x, drawing.add("Permute", scaled, dims=[3, 1, 2])))
    drawing.expose("filters", (depth, "out_channels"), (depth, "groups"), (narrow, "out_features"))
    drawing.expose("wide", (wide, "out_features"))
    return drawing.done()


def tcn() -> Blocks:
    """Two causal convolutions that look far back, added to what came in (Bai and others, 2018)."""
    drawing = Drawing("tcn", "Temporal convolution")
    x = drawing.input()
    y = x
    convolutions: list[Wire] = []
    pads: list[Wire] = []
    for _ in range(2):
        pads.append(drawing.add("ZeroPad1d", y, padding=[2, 0]))
        convolutions.append(drawing.add("Conv1d", pads[-1], out_channels=32, kernel_size=3))
        y = drawing.chain(convolutions[-1], "ReLU", ("Dropout", {"p": 0.1}))
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, x)))
    drawing.expose("filters", *((wire, "out_channels") for wire in convolutions))
    drawing.expose("dilation", *((wire, "dilation") for wire in convolutions))
    drawing.expose("padding", *((wire, "padding") for wire in pads))
    return drawing.done()


def wavenet() -> Blocks:
    """A gated causal convolution; what it learns goes on and to the end as well (van den Oord and others, 2016)."""
    drawing = Drawing("wavenet", "WaveNet")
    x = drawing.input()
    pad = drawing.add("ZeroPad1d", x, padding=[1, 0])
    heard = drawing.add("Conv1d", pad, out_channels=32, kernel_size=2, title="Filter")
    opened = drawing.add("Conv1d", pad, out_channels=32, kernel_size=2, title="Gate")
    y = drawing.add("Multiply", drawing.add("Tanh", heard), drawing.add("Sigmoid", opened))
    on = drawing.add("Conv1d", y, out_channels=32, kernel_size=1)
    skip = drawing.add("Conv1d", y, out_channels=32, kernel_size=1)
    drawing.output(drawing.add("Add", x, on), "on")
    drawing.output(skip, "skip")
    drawing.expose("filters", *((wire, "out_channels") for wire in (heard, opened, on)))
    drawing.expose("skip", (skip, "out_channels"))
    drawing.expose("dilation", (heard, "dilation"), (opened, "dilation"))
    drawing.expose("padding", (pad, "padding"))
    return drawing.done()


def seq2seq() -> Blocks:
    """Encoder and decoder with attention for translation, in the manner of Luong and others, 2015."""
    drawing = Drawing("translator", "Seq2seq with attention")
    source, target = drawing.input("source tokens"), drawing.input("target so far")
    read = drawing.add("Embedding", source, embedding_dim=256)
    memory = drawing.add("GRU", read, hidden_size=256, result="sequence")
    said = drawing.add("Embedding", target, embedding_dim=256)
    state = drawing.add("GRU", said, hidden_size=256, result="sequence")
    looked = drawing.add("MultiheadAttention", state, memory, memory, num_heads=1)
    y = drawing.add("Concatenate", state, looked, dim=-1)
    y = drawing.chain(y, ("Linear", {"out_features": 256}), "Tanh")
    head = drawing.add("Linear", y, out_features=10000)
    drawing.output(head)
    drawing.expose("words", (head, "out_features"))
    return drawing.done()


def vae() -> Blocks:
    """A variational autoencoder of 784 numbers with 20 in the middle (Kingma and Welling, 2013)."""
    drawing = Drawing("autoencoder", "VAE")
    y = drawing.chain(drawing.input(), ("Linear", {"out_features": 400}), "ReLU")
    mean = drawing.add("Linear", y, out_features=20, title="Mean")
    spread = drawing.add("Linear", y, out_features=20, title="Log variance")
    y = drawing.add("Reparameterize", mean, spread)
    y = drawing.chain(y, ("Linear", {"out_features": 400}), "ReLU")
    out = drawing.add("Linear", y, out_features=784)
    drawing.output(drawing.add("Sigmoid", out), "reconstruction")
    drawing.output(mean, "mean")
    drawing.output(spread, "log variance")
    drawing.expose("latent", (mean, "out_features"), (spread, "out_features"))
    drawing.expose("features", (out, "out_features"))
    return drawing.done()
