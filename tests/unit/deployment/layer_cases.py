"""For every layer of the catalog, settings and input shapes that reach each branch of its ONNX rule.

A shape is without the batch; None is a length that stays free and is tried with several values.
"""

from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int | None, ...]

ACTIVATIONS = (
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "LogSigmoid"),
    *("Tanh", "Softplus", "Softsign", "Hardtanh", "Hardsigmoid", "Hardswish", "Tanhshrink", "Softshrink", "Hardshrink"),
    *("Softmax", "LogSoftmax", "Softmin", "GLU", "RReLU", "Threshold", "Dropout", "AlphaDropout", "Identity"),
    "FeatureAlphaDropout",
)


@dataclass(frozen=True)
class Case:
    """One use of a layer."""

    type: str
    shapes: tuple[Shape, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    classes: int | None = None
    kinds: str = ""
    """A letter an input: f decimal numbers, i whole numbers below `classes`, b yes or no; empty: all f, or all i."""

    def __str__(self) -> str:
        settings = "-".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.type}-{'+'.join('x'.join(map(str, shape)) for shape in self.shapes)}-{settings}".replace(" ", "")


def _cases(type_name: str, *shapes: Shape, **alternatives: list[Any]) -> list[Case]:
    """The layer with its defaults, then with one setting changed at a time."""
    found = [Case(type_name, shapes)]
    for name, values in alternatives.items():
        found += [Case(type_name, shapes, {name: value}) for value in values]
    return found


PICTURE = (3, 12, 9)
SIGNAL = (3, 11)
VOLUME = (3, 6, 7, 5)
ANY_SIZE = {1: (3, None), 2: (3, None, None), 3: (3, None, None, None)}
FIXED = {1: SIGNAL, 2: PICTURE, 3: VOLUME}
STEPS = (None, 8)

CASES: list[Case] = [
    *(Case(name, (shape,)) for name in ACTIVATIONS for shape in ((6,), (None, 6), (4, 6, 8))),
    Case("PReLU", ((4, 6, 8),), {"per_channel": True}),
    Case("PReLU", ((4,),), {"per_channel": True}),
    Case("GELU", ((6,),), {"approximate": "tanh"}),
    Case("CELU", ((6,),), {"alpha": 2.0}),
    Case("ELU", ((6,),), {"alpha": 0.5}),
    Case("LeakyReLU", ((6,),), {"negative_slope": 0.3}),
    Case("Softplus", ((6,),), {"beta": 2.0, "threshold": 1.0}),
    Case("Hardtanh", ((6,),), {"min_val": -0.3, "max_val": 0.2}),
    *(Case(name, ((4, 6, 8),), {"dim": 1}) for name in ("Softmax", "LogSoftmax", "Softmin", "GLU")),
    Case("Dropout1d", (SIGNAL,)),
    Case("Dropout2d", (PICTURE,)),
    *_cases("Linear", (6,), bias=[False]),
    *_cases("Linear", STEPS, bias=[False]),
    *_cases("Bilinear", (6,), (5,), bias=[False]),
    *_cases("Bilinear", (None, 6), (None, 5)),
    *_cases("Conv1d", SIGNAL, stride=[2], padding=[2, "same"], dilation=[2], bias=[False], kernel_size=[4]),
    Case("Conv1d", ((3, None),), {"padding": "same", "kernel_size": 4}),
    Case("Conv1d", (SIGNAL,), {"groups": 3, "out_channels": 6}),
    *(
        Case(name, (shape,), {"padding": padding, "padding_mode": mode, "kernel_size": 4})
        for name, shape in (("Conv1d", SIGNAL), ("Conv2d", PICTURE))
        for mode in ("reflect", "replicate", "circular")
        for padding in (2, "same")
    ),
    *_cases("Conv2d", PICTURE, stride=[2, (1, 2)], padding=[(2, 1), "same"], dilation=[(2, 1)], kernel_size=[(2, 5)]),
    Case("Conv2d", (PICTURE,), {"padding": "same", "kernel_size": (4, 3), "dilation": 2, "bias": False}),
    *_cases("ConvTranspose1d", SIGNAL, kernel_size=[3], stride=[2], bias=[False]),
    Case("ConvTranspose1d", (SIGNAL,), {"stride": 3, "padding": 1, "output_padding": 2, "dilation": 2}),
    Case("ConvTranspose1d", (SIGNAL,), {"groups": 3, "out_channels": 6}),
    *_cases("ConvTranspose2d", PICTURE, kernel_size=[(3, 2)], stride=[(2, 3)], bias=[False]),
    Case("ConvTranspose2d", (PICTURE,), {"stride": 3, "padding": 1, "output_padding": (2, 1), "dilation": 2}),
    *_cases("Conv3d", VOLUME, stride=[(1, 2, 2)], padding=[1, "same"], dilation=[2], kernel_size=[(2, 3, 1)]),
    Case("Conv3d", (VOLUME,), {"padding": 2, "padding_mode": "circular", "bias": False}),
    Case("Conv3d", (VOLUME,), {"padding": "same", "padding_mode": "reflect", "kernel_size": 4}),
    *_cases("ConvTranspose3d", (3, 3, 4, 2), kernel_size=[(3, 2, 1)], stride=[2], bias=[False]),
    *(
        Case(name, (shape,), {"weight_kind": kind, "lora_rank": 2, "lora_alpha": 3.0})
        for name, shape in (("Linear", (6,)), ("Conv1d", SIGNAL), ("Conv2d", PICTURE), ("ConvTranspose2d", PICTURE))
        for kind in ("weight_norm", "spectral_norm", "low_rank")
    ),
    *_cases("MaxPool1d", SIGNAL, kernel_size=[3], stride=[1, 3], padding=[1], dilation=[2], ceil_mode=[True]),
    *_cases("MaxPool3d", VOLUME, kernel_size=[(3, 2, 1)], stride=[(1, 3, 2)], padding=[1], ceil_mode=[True]),
    *(
        Case(f"{name}{axes}d", (shape,), {"return_indices": True, **more})
        for name, more in (("MaxPool", {}), ("MaxPool", {"ceil_mode": True, "padding": 1, "kernel_size": 3}))
        for axes in (1, 2, 3)
        for shape in (FIXED[axes], ANY_SIZE[axes])
    ),
    *(
        Case(f"{name}{axes}d", (FIXED[axes],), {"return_indices": True, "output_size": size})
        for name, size in (("AdaptiveMaxPool", 1), ("AdaptiveMaxPool", 4), ("FractionalMaxPool", 3))
        for axes in ((1, 2, 3) if name == "AdaptiveMaxPool" else (2, 3))
    ),
    *(
        Case(f"FractionalMaxPool{axes}d", (FIXED[axes],), more)
        for axes in (2, 3)
        for more in ({}, {"kernel_size": 3, "output_ratio": 0.45}, {"output_size": 1})
    ),
    *(
        Case(f"MaxUnpool{axes}d", (shape, shape), more, kinds="fi")
        for axes in (1, 2, 3)
        for shape in ({1: (3, 4), 2: (3, 4, 3), 3: (3, 2, 3, 4)}[axes], ANY_SIZE[axes])
        for more in ({}, {"kernel_size": 3, "stride": 2, "padding": 1})
        if shape[1] is not None or axes == 1
    ),
    Case("MaxUnpool2d", ((3, 4, 3), (3, 4, 3), (3, 9, 7)), kinds="fif"),
    Case("MaxUnpool1d", ((3, 4), (3, 4), (3, 9)), kinds="fif"),
    *(
        Case(f"LPPool{axes}d", (FIXED[axes],), more)
        for axes in (1, 2, 3)
        for more in ({}, {"kernel_size": 3, "stride": 2, "ceil_mode": True}, {"norm_type": 4})
    ),
    *_cases("AvgPool3d", VOLUME, kernel_size=[(3, 2, 1)], stride=[2], padding=[1], ceil_mode=[True]),
    *_cases("AdaptiveAvgPool3d", VOLUME, output_size=[(4, 3, 2), (3, 7, 5), 9]),
    *_cases("AdaptiveMaxPool3d", VOLUME, output_size=[(4, 3, 2), (3, 7, 5), 9]),
    *_cases("AdaptiveAvgPool3d", ANY_SIZE[3], output_size=[(3, 2, 4)]),
    *(Case(f"Global{kind}Pool{axes}d", (ANY_SIZE[axes],)) for kind in ("Average", "Max") for axes in (1, 3)),
    *_cases("BatchNorm3d", VOLUME, affine=[False]),
    *(Case(f"InstanceNorm{axes}d", (FIXED[axes],), {"affine": True}) for axes in (1, 3)),
    *(Case("LocalResponseNorm", (shape,), {"alpha": 0.7}) for shape in ((7, None), (7, 4, 3), (7, 2, 3, 2))),
    *_cases("LocalResponseNorm", (7, 4, 3), size=[1, 4], beta=[1.5], k=[2.0]),
    *(Case("CrossMapLRN2d", ((7, 4, 3),), {"size": size, "alpha": 0.7, "k": 2.0}) for size in (2, 3, 4, 5, 30)),
    Case("Dropout3d", (VOLUME,)),
    Case("Softmax2d", (PICTURE,)),
    Case("Threshold", ((6,),), {"threshold": 0.3, "value": -2.0}),
    Case("RReLU", ((6,),), {"lower": 0.1, "upper": 0.2}),
    *(
        Case(f"{kind}Pad{axes}d", (shape,), {"padding": (2, 1, 1, 0, 2, 1)[: 2 * axes]})
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular")
        for axes in (1, 2, 3)
        for shape in (FIXED[axes], ANY_SIZE[axes])
    ),
    Case("ConstantPad2d", (PICTURE,), {"value": -1.5}),
    Case("ReflectionPad1d", (SIGNAL,), {"padding": 3}),
    *_cases("MaxPool2d", PICTURE, kernel_size=[(3, 2)], stride=[(1, 3)], padding=[1], dilation=[2], ceil_mode=[True]),
    Case("MaxPool2d", (PICTURE,), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    Case("MaxPool2d", (PICTURE,), {"kernel_size": 2, "stride": 5, "padding": 1, "ceil_mode": True}),
    *_cases("AvgPool1d", SIGNAL, kernel_size=[3], stride=[1, 3], padding=[1], ceil_mode=[True]),
    *_cases("AvgPool2d", PICTURE, kernel_size=[(3, 2)], stride=[(1, 3)], padding=[1], ceil_mode=[True]),
    *(
        Case(
            "AvgPool2d",
            (PICTURE,),
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": c, "count_include_pad": p},
        )
        for c in (False, True)
        for p in (False, True)
    ),
    Case("AvgPool1d", (SIGNAL,), {"kernel_size": 3, "stride": 5, "padding": 1, "ceil_mode": True}),
    *_cases("AdaptiveAvgPool1d", SIGNAL, output_size=[4, 11, 17]),
    *_cases("AdaptiveAvgPool1d", (3, None), output_size=[4]),
    *_cases("AdaptiveMaxPool1d", SIGNAL, output_size=[4, 11, 17]),
    *_cases("AdaptiveMaxPool1d", (3, None), output_size=[4]),
    *_cases("AdaptiveAvgPool2d", PICTURE, output_size=[(4, 3), (5, 4), (12, 2), (1, 4), 17]),
    *_cases("AdaptiveMaxPool2d", PICTURE, output_size=[(4, 3), (5, 4), (12, 2), (1, 4), 17]),
    *_cases("AdaptiveAvgPool2d", (3, None, None), output_size=[(5, 4)]),
    *_cases("AdaptiveMaxPool2d", (3, None, None), output_size=[(5, 4)]),
    *_cases("GlobalAveragePool2d", PICTURE),
    *_cases("GlobalMaxPool2d", PICTURE),
    *_cases("BatchNorm1d", (6,), affine=[False], track_running_stats=[False], eps=[0.1]),
    *_cases("BatchNorm1d", SIGNAL, affine=[False], track_running_stats=[False]),
    *_cases("BatchNorm2d", PICTURE, affine=[False], track_running_stats=[False], momentum=[None]),
    *_cases("InstanceNorm2d", PICTURE, affine=[True]),
    Case("InstanceNorm2d", (PICTURE,), {"track_running_stats": True}),
    *_cases("GroupNorm", (8, 5, 7), num_groups=[1, 4, 8], affine=[False]),
    Case("GroupNorm", ((8,),), {"num_groups": 2}),
    *_cases("GroupNorm", (8, 5), num_groups=[2]),
    *_cases("LayerNorm", STEPS, elementwise_affine=[False], bias=[False], eps=[0.1]),
    *_cases("LayerNorm", (4, 6, 8), last_dimensions=[1, 2, 3]),
    *_cases("RMSNorm", STEPS, elementwise_affine=[False], eps=[0.1]),
    *_cases("RMSNorm", (4, 6, 8), last_dimensions=[2]),
    *(
        Case(
            name,
            (STEPS,),
            {"hidden_size": 5, "result": result, "bidirectional": both, "num_layers": layers, "bias": bias},
        )
        for name in ("RNN", "LSTM", "GRU")
        for result in ("last", "sequence")
        for both in (False, True)
        for layers, bias in ((1, True), (2, False))
    ),
    Case("RNN", (STEPS,), {"nonlinearity": "relu", "hidden_size": 5}),
    *(
        Case(
            name,
            (STEPS, *rest),
            {"hidden_size": 5, "bidirectional": both, "num_layers": 2, "result": result, **more},
            kinds=kinds,
        )
        for name, memories in (("RNN", 1), ("GRU", 1), ("LSTM", 2))
        for both in (False, True)
        for result, rest, more, kinds in (
            ("last", ((),), {}, "fi"),
            ("sequence", ((),), {"bias": False}, "fi"),
            ("last", (), {"states": True}, "f"),
            ("sequence", ((), *(((4 if both else 2), 5),) * memories), {"states": True}, "fi" + "f" * memories),
            (
                "last",
                ((), *(((4 if both else 2), 5),) * memories),
                {"states": True, "bias": False},
                "f-" + "f" * memories,
            ),
        )
    ),
    Case("LSTM", (STEPS, (), (1, 5)), {"hidden_size": 5, "states": True}, kinds="f-f"),
    Case("LSTM", (STEPS, (), (), (1, 5)), {"hidden_size": 5, "states": True}, kinds="f--f"),
    *(
        Case(name, ((6,), *((5,),) * memories), {"hidden_size": 5, **more})
        for name, most in (("RNNCell", 1), ("GRUCell", 1), ("LSTMCell", 2))
        for memories in range(most + 1)
        for more in ({}, {"bias": False})
    ),
    Case("RNNCell", ((6,),), {"hidden_size": 5, "nonlinearity": "relu"}),
    *(
        Case("LSTM", (STEPS,), {"hidden_size": 6, "proj_size": 4, "num_layers": layers, "bidirectional": layers == 2})
        for layers in (1, 2)
    ),
    Case("LSTM", (STEPS, (), (1, 4), (1, 6)), {"hidden_size": 6, "proj_size": 4, "states": True}, kinds="f-ff"),
    *(
        Case(
            "LSTM", (STEPS, ()), {"hidden_size": 6, "proj_size": 4, "num_layers": 2, "bias": False, **more}, kinds="fi"
        )
        for more in ({"bidirectional": True}, {"result": "sequence", "bidirectional": True}, {"states": True})
    ),
    Case("LSTM", (STEPS,), {"hidden_size": 6, "proj_size": 4, "bidirectional": True, "result": "sequence"}),
    Case("FractionalMaxPool2d", (ANY_SIZE[2],)),
    Case("AdaptiveMaxPool2d", (ANY_SIZE[2],), {"return_indices": True}),
    Case("LSTMCell", ((6,), (), (5,)), {"hidden_size": 5}, kinds="f-f"),
    *(
        Case("EmbeddingBag", ((None,),), {"embedding_dim": 5, "mode": mode, "padding_idx": padding}, classes=4)
        for mode in ("mean", "sum", "max")
        for padding in (None, 0)
    ),
    *(
        Case("EmbeddingBag", ((6,), (6,)), {"embedding_dim": 5, "mode": "sum", "padding_idx": padding}, 4, "if")
        for padding in (None, 1)
    ),
    Case("Embedding", ((None,),), {"embedding_dim": 5}, classes=7),
    Case("Embedding", ((),), {"embedding_dim": 5, "padding_idx": 0}, classes=7),
    *_cases("PositionalEncoding", STEPS, learned=[True], max_length=[40]),
    Case("PositionalEncoding", ((None, 7),)),
    *_cases("MultiheadAttention", STEPS, num_heads=[1, 2], bias=[False]),
    Case("MultiheadAttention", (STEPS, (4, 6)), {"num_heads": 2}),
    Case("MultiheadAttention", (STEPS, (4, 6), (4, 10)), {"num_heads": 2}),
    Case("MultiheadAttention", (STEPS, (4, 8), (4, 8))),
    *_cases("TransformerEncoderLayer", STEPS, norm_first=[True], activation=["gelu"], bias=[False], nhead=[2]),
    *_cases("MultiheadAttention", STEPS, causal=[True], need_weights=[True], add_bias_kv=[True], add_zero_attn=[True]),
    Case("MultiheadAttention", (STEPS,), {"need_weights": True, "average_attn_weights": False, "add_zero_attn": True}),
    *(
        Case("MultiheadAttention", shapes, more, kinds=kinds)
        for shapes, kinds in (
            ((STEPS, (), (), (None, None)), "f--b"),
            ((STEPS, (), (), (None, None)), "f--f"),
            ((STEPS, (), (), (), (None,)), "f---b"),
            ((STEPS, (), (), (), (None,)), "f---f"),
            (((6, 8), (4, 8), (), (6, 4), (4,)), "ff-bb"),
        )
        for more in ({}, {"causal": True, "need_weights": True, "add_bias_kv": True, "add_zero_attn": True})
    ),
    *(
        Case(name, shapes, {"nhead": 2, "dim_feedforward": 16, "norm_first": first, **more}, kinds=kinds)
        for name, more in (
            ("TransformerEncoderLayer", {}),
            ("TransformerEncoder", {"num_layers": 2, "causal": True}),
            ("TransformerEncoder", {"num_layers": 1, "norm": True, "activation": "gelu"}),
        )
        for first in (False, True)
        for shapes, kinds in (
            ((STEPS,), "f"),
            ((STEPS, (None, None)), "fb"),
            ((STEPS, (), (None,)), "f-b"),
            ((STEPS, (None, None), (None,)), "ffb"),
        )
    ),
    *(
        Case(name, shapes, {"nhead": 2, "dim_feedforward": 16, "norm_first": first, **more}, kinds=kinds)
        for name, more in (
            ("TransformerDecoderLayer", {}),
            ("TransformerDecoderLayer", {"causal": False, "bias": False}),
            ("TransformerDecoder", {"num_layers": 2, "norm": True}),
        )
        for first in (False, True)
        for shapes, kinds in (
            ((STEPS, (4, 8)), "ff"),
            (((6, 8), (4, 8), (6, 6), (6, 4), (6,), (4,)), "ffbbbb"),
            ((STEPS, (4, 8), (), (), (), (4,)), "ff---b"),
        )
    ),
    *(
        Case(
            "Transformer",
            shapes,
            {"num_encoder_layers": 1, "num_decoder_layers": 2, "dim_feedforward": 16},
            kinds=kinds,
        )
        for shapes, kinds in (((STEPS, (4, 8)), "ff"), ((STEPS, (4, 8), (None,), (4,)), "ffbb"))
    ),
    *(Case(name, (PICTURE, PICTURE)) for name in ("Add", "Multiply", "Maximum", "Subtract", "Divide")),
    *(Case(name, ((3, 1, 1), PICTURE, (1, 12, 9)), {"count": 3}) for name in ("Add", "Multiply", "Maximum")),
    Case("Concatenate", ((3, 4), (5, 4))),
    Case("Concatenate", ((None, 4), (None, 5), (None, 2)), {"dim": -1, "count": 3}),
    Case("Stack", ((3, 4), (3, 4))),
    Case("Stack", ((3, 4), (3, 4)), {"dim": -1}),
    Case("MatMul", ((3, 4), (4, 5))),
    Case("MatMul", ((2, 3, 4), (2, 4, 5))),
    *_cases("Flatten", (4, 6, 8), start_dim=[2], end_dim=[2]),
    *_cases("Flatten", (None, 6, 8), start_dim=[2]),
    Case("Flatten", ((None, None, 8),), {"start_dim": 2}),
    Case("Flatten", ((6,),)),
    *(Case("Unflatten", ((12, 5),), {"unflattened_size": size}) for size in ((3, 4), (-1, 6), (2, 3, 2))),
    Case("Unflatten", ((5, 12),), {"dim": -1, "unflattened_size": (3, -1)}),
    Case("Unflatten", ((12, None),), {"unflattened_size": (3, -1)}),
    *(Case("Reshape", ((12, 5),), {"shape": size}) for size in ((-1,), (60,), (5, 12), (3, -1, 2))),
    Case("Permute", (STEPS,)),
    Case("Permute", ((4, 6, 8),), {"dims": (3, 1, 2)}),
    Case("Squeeze", ((4, 1),)),
    Case("Squeeze", ((1, 4),), {"dim": 1}),
    *(Case("Unsqueeze", (STEPS,), {"dim": dim}) for dim in (1, 2, -1, -2)),
    *(
        Case(name, (STEPS,), {"dim": dim, "keepdim": keep})
        for name in ("Mean", "Sum", "Max")
        for dim in (1, -1)
        for keep in (False, True)
    ),
    *(Case("Select", (STEPS,), {"dim": dim, "index": index}) for dim, index in ((1, -1), (1, 0), (-1, 3))),
    *(
        Case("Slice", (STEPS,), {"dim": dim, "start": a, "end": b})
        for dim, a, b in ((1, 1, None), (-1, 2, 5), (1, -2, None), (2, 0, -1))
    ),
    Case("Slice", ((4, 6, 8),), {"dim": -2, "start": 1, "end": 3}),
    *_cases("Upsample", (3, 5, 4), mode=["nearest-exact", "bilinear", "bicubic"], scale_factor=[3.0, 2.5, 0.5]),
    *(
        Case("Upsample", (shape,), {"mode": mode, "align_corners": aligned, **more})
        for mode, shape in (
            ("linear", (3, 7)),
            ("bilinear", (3, 5, 4)),
            ("bicubic", (3, 5, 4)),
            ("trilinear", (3, 3, 4, 5)),
        )
        for aligned in (False, True)
        for more in ({"scale_factor": 3.0}, {"scale_factor": 1.5}, {"size": (8,)})
    ),
    *(Case("Upsample", ((3, 5, 4),), {"mode": mode, "size": (7, 9)}) for mode in ("nearest", "nearest-exact")),
    *(
        Case(name, ((3, 5, 4),), more)
        for name in ("UpsamplingNearest2d", "UpsamplingBilinear2d")
        for more in ({}, {"size": (8,)})
    ),
    Case("Upsample", (ANY_SIZE[2],), {"mode": "bilinear"}),
    *_cases("PixelUnshuffle", (3, 6, 12), downscale_factor=[3]),
    *(Case("ChannelShuffle", (shape,), {"groups": groups}) for shape in ((6, 4), (6, None, 3)) for groups in (2, 3)),
    *_cases("Unfold", PICTURE, kernel_size=[(3, 2)], dilation=[2], padding=[1], stride=[2, (1, 3)]),
    Case("Unfold", (ANY_SIZE[2],), {"kernel_size": 3}),
    Case("Fold", ((12, 49),)),
    Case("Fold", ((12, 16),), {"stride": 2}),
    Case("Fold", ((12, 54),), {"output_size": (8, 6), "padding": 1, "dilation": (1, 2), "kernel_size": (2, 2)}),
    Case("Fold", ((18, 20),), {"output_size": (8, 9), "padding": (0, 1), "stride": 2, "kernel_size": (2, 3)}),
    *(Case("CosineSimilarity", ((4, None, 5), (4, None, 5)), {"dim": dim}) for dim in (1, 2, -1)),
    Case("CosineSimilarity", ((4, 1), (1, 5))),
    *_cases("PairwiseDistance", (6,), (6,), p=[1.0, 3.0], keepdim=[True], eps=[0.1]),
    Case("PairwiseDistance", ((None, 6), (1, 6))),
    *(
        Case(
            "AdaptiveLogSoftmaxWithLoss",
            (shape,),
            {"n_classes": 20, "cutoffs": (5, 11), "div_value": 2.0, "head_bias": bias},
        )
        for shape in ((8,), STEPS)
        for bias in (False, True)
    ),
    Case("PixelShuffle", ((12, 5, 4),)),
    Case("PixelShuffle", ((18, 5, 4),), {"upscale_factor": 3}),
]
