"""For every layer of the catalog, settings and input shapes that reach each branch of its ONNX rule.

A shape is without the batch; None is a length that stays free and is tried with several values.
"""

from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int | None, ...]

ACTIVATIONS = (
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Sigmoid", "LogSigmoid"),
    *("Tanh", "Softplus", "Softsign", "Hardtanh", "Hardsigmoid", "Hardswish", "Tanhshrink", "Softshrink", "Hardshrink"),
    *("Softmax", "LogSoftmax", "Softmin", "GLU", "Dropout", "AlphaDropout", "Identity"),
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
    *_cases("MaxPool1d", SIGNAL, kernel_size=[3], stride=[1, 3], padding=[1], dilation=[2], ceil_mode=[True]),
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
    *_cases("GlobalAveragePool1d", (3, None)),
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
    Case("Embedding", ((None,),), {"embedding_dim": 5}, classes=7),
    Case("Embedding", ((),), {"embedding_dim": 5, "padding_idx": 0}, classes=7),
    *_cases("PositionalEncoding", STEPS, learned=[True], max_length=[40]),
    Case("PositionalEncoding", ((None, 7),)),
    *_cases("MultiheadAttention", STEPS, num_heads=[1, 2], bias=[False]),
    Case("MultiheadAttention", (STEPS, (4, 6)), {"num_heads": 2}),
    Case("MultiheadAttention", (STEPS, (4, 6), (4, 10)), {"num_heads": 2}),
    Case("MultiheadAttention", (STEPS, (4, 8), (4, 8))),
    *_cases("TransformerEncoderLayer", STEPS, norm_first=[True], activation=["gelu"], bias=[False], nhead=[2]),
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
    Case("ZeroPad1d", (SIGNAL,), {"padding": (1, 3)}),
    Case("ZeroPad1d", (SIGNAL,)),
    Case("ZeroPad2d", (PICTURE,), {"padding": (1, 2, 3, 0)}),
    *_cases("Upsample", (3, 5, 4), mode=["bilinear", "bicubic"], scale_factor=[3]),
    Case("Upsample", ((3, 5, 4),), {"scale_factor": 3, "mode": "bilinear"}),
    Case("PixelShuffle", ((12, 5, 4),)),
    Case("PixelShuffle", ((18, 5, 4),), {"upscale_factor": 3}),
]
