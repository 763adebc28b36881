"""Cases for the operations on tensors and the layers beyond torch.nn, as in layer_cases.py."""

from layer_cases import Case, Shape, _cases

STEPS: tuple[Shape, ...] = ((None, 6),)
PAIR: tuple[Shape, ...] = ((3, 4), (3, 4))

FUNCTIONS = (
    *("Abs", "Negate", "Sign", "Square", "Reciprocal", "Exp", "Exp2", "Expm1", "Log", "Log1p", "Log2", "Log10", "Sqrt"),
    *("Rsqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Sinc", "Erf"),
    *("Round", "Floor", "Ceil", "Trunc", "Frac", "NanToNum", "Clamp", "Scale", "Power"),
)

COMPARISONS = ("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual")

TENSOR_CASES: list[Case] = [
    *(Case(name, STEPS) for name in FUNCTIONS),
    *(Case(name, STEPS, classes=7) for name in ("Abs", "Negate", "Sign", "Square")),
    *_cases("Clamp", *STEPS, min=[None, -0.5], max=[None]),
    Case("Scale", STEPS, {"factor": -2.5, "shift": 3.0}),
    *_cases("Power", *STEPS, exponent=[3.0]),
    *(Case(name, PAIR) for name in ("Pow", "Remainder", "FloorDivide", "Atan2", "Hypot", "Blend")),
    *(Case(name, ((3, 1), (1, 4))) for name in ("Pow", "Remainder", "FloorDivide", "Atan2", "Hypot")),
    Case("Blend", PAIR, {"weight": 0.2}),
    Case("Blend", ((3, 4), (3, 4), (3, 1))),
    *(Case(name, PAIR) for name in COMPARISONS),
    *(Case(name, ((3, 1), (1, 4)), kinds=kinds, classes=4) for name in COMPARISONS for kinds in ("ii", "fi")),
    *(Case(name, STEPS, {"value": 0.5}) for name in COMPARISONS),
    *(Case(name, STEPS, {"value": 3.0}, classes=6) for name in COMPARISONS),
    *(Case(name, PAIR, kinds="bb") for name in ("LogicalAnd", "LogicalOr", "LogicalXor")),
    Case("LogicalNot", STEPS, kinds="b"),
    *(Case(name, STEPS) for name in ("IsNan", "IsFinite")),
    *(
        Case(name, STEPS, kinds=kind, classes=3)
        for name in ("ToFloat", "ToInt", "ToBool")
        for kind in ("f", "i", "b")
        if (name, kind) != ("ToInt", "i")
    ),
    *(Case("Where", (*PAIR, (3, 4)), kinds=kinds, classes=5) for kinds in ("bff", "bfi", "bii")),
    Case("Where", ((3, 1), (3, 4), (1, 4)), kinds="bff"),
    Case("MaskedFill", ((None, 4), (None, 1)), {"value": -5.0}, kinds="fb"),
    Case("CausalMask", STEPS),
    Case("PaddingMask", ((None,),), classes=3),
    Case("PaddingMask", ((None,),), {"padding_idx": 2}, classes=4),
    Case("LengthMask", ((), (None, 4)), kinds="if", classes=9),
    *(
        Case(name, STEPS, {"dim": dim, "keepdim": keep})
        for name in ("Min", "Prod", "Std", "Var", "Norm", "LogSumExp", "Median", "ArgMax", "ArgMin")
        for dim, keep in ((1, False), (-1, True))
    ),
    *(Case(name, STEPS, {"dim": dim}, kinds="b") for name in ("AnyOf", "AllOf") for dim in (1, -1)),
    *_cases("Norm", *STEPS, ord=[1.0, 3.0]),
    *(Case(name, STEPS, {"correction": 0}) for name in ("Std", "Var")),
    *(Case("CountNonzero", STEPS, kinds=kind, classes=3) for kind in ("f", "i", "b")),
    *(
        Case(name, ((None, 4, 5),), {"dim": dim})
        for name in ("CumSum", "CumProd", "CumMax", "CumMin", "LogCumSumExp", "Diff", "Standardize", "Normalize")
        for dim in (1, 2, -1)
    ),
    *_cases("Normalize", *STEPS, p=[1.0]),
    *_cases("Sort", *STEPS, dim=[1], descending=[True]),
    *_cases("TopK", *STEPS, dim=[1], largest=[False], k=[1]),
    Case("MaskedMean", ((None, 4), (None,)), kinds="fb"),
    *_cases("Split", *STEPS, sizes=[(3, -1), (-1, 2, 1)]),
    Case("Split", ((4, 6),), {"dim": -1, "sizes": (1, 2, 3)}),
    *_cases("Chunk", (4, 6), chunks=[4], dim=[2]),
    *_cases("Flip", *STEPS, dim=[1]),
    *_cases("Roll", *STEPS, shifts=[-2, 0, 40], dims=[-1]),
    *_cases("Transpose", (None, 6), dim0=[-1]),
    *_cases("Tile", *STEPS, times=[1, 3], dim=[-1]),
    *_cases("RepeatInterleave", *STEPS, repeats=[1, 3], dim=[-1]),
    Case("ExpandAs", ((1, 6), (None, 6))),
    Case("ReshapeAs", ((4, 6), (8, 3))),
    Case("CropLike", ((3, 9, 8), (5, 4, 5))),
    Case("CropLike", ((3, None), (5, 4))),
    *_cases("PadAxis", *STEPS, before=[3], value=[-1.5], dim=[-1]),
    *_cases("Interpolate", (3, 5, 4), size=[7, (3, 9)], mode=["bilinear", "bicubic"]),
    Case("Interpolate", ((3, None, 4),), {"mode": "bilinear", "size": (4, 2)}),
    *_cases("ResizeLike", (3, 5, 4), (2, 7, None), mode=["bilinear", "bicubic"]),
    Case("Gather", ((6, 3), (4, 3)), kinds="fi", classes=6),
    Case("Gather", ((3, 6), (3, 2)), {"dim": -1}, kinds="fi", classes=6),
    Case("TakeSteps", ((7, 4), (3,)), kinds="fi", classes=7),
    Case("Pick", ((4, 6),), {"indices": (2, 0, -1)}),
    Case("Pick", ((None, 6),), {"indices": (5, 5), "dim": -1}),
    Case("LastStep", STEPS),
    Case("LastStep", ((None, 4), ()), kinds="fi", classes=7),
    *_cases("EveryNth", *STEPS, step=[1, 3], start=[2], dim=[-1]),
    *_cases("Frames", *STEPS, size=[1, 5], step=[3], dim=[-1]),
    Case("OneHot", ((None,),), classes=5),
    Case("OneHot", ((),), classes=3),
    Case("Positions", STEPS),
    *_cases("Constant", *STEPS, value=[2.5], shape=[(3, 2)]),
    Case("AddCoordinates", ((3, None, 4),)),
    Case("AddCoordinates", ((3, 1, 5),)),
    *_cases("Bucketize", *STEPS, boundaries=[(-1.0, 0.5, 2.0)]),
    Case("Einsum", ((3, 4), (4, 5))),
    Case("Einsum", ((3, None, 4), (None, 5)), {"expression": "nihd,nhe->nide"}),
    Case("Einsum", ((3, 4),), {"expression": "nab->nba"}),
    Case("Einsum", ((3,), (4,), (3, 4)), {"expression": "na,nb,nab->n"}),
    Case("Outer", ((3,), (4,))),
    Case("Dot", PAIR),
    Case("Gram", ((3, None),)),
    Case("Gram", ((3, 5, 4),)),
    *_cases("DistanceMatrix", (None, 4), (3, 4), p=[1.0, 3.0]),
    Case("DistanceMatrix", ((5, 4),)),
    Case("CosineMatrix", ((None, 4), (3, 4))),
    Case("CosineMatrix", ((5, 4),)),
    Case("CrossProduct", ((5, 3), (5, 3))),
    Case("Determinant", ((2, 4, 4),)),
    *(Case(name, ((None, 4),), {"diagonal": shift}) for name in ("Tril", "Triu") for shift in (0, 1, -2)),
    Case("Diagonal", ((2, 4, 4),)),
    *(Case("DiagonalMatrix", (shape,)) for shape in ((5,), (None, 4))),
    *_cases("RFFT", (3, 12), result=["power", "complex"]),
    *_cases("RFFT", (None,), result=["complex"]),
    *_cases("IRFFT", (3, 6, 2)),
    *_cases("RFFT2", (3, 6, 5), result=["power", "complex"]),
    *_cases("Spectrogram", (80,), power=[1], n_fft=[16, 15], hop_length=[7]),
    Case("Spectrogram", ((2, None),), {"n_fft": 8, "hop_length": 3}),
    Case("MelSpectrogram", ((600,),)),
    Case("MelSpectrogram", ((2, 90),), {"n_fft": 32, "hop_length": 8, "n_mels": 5, "log": False}),
    *_cases("DCT", (None, 9), count=[1, 9]),
    Case("DCT", ((8, None),), {"dim": 1, "count": 3}),
    *_cases("ToDecibel", (None, 4)),
    *_cases("MuLaw", (None, 4), mu=[10.0]),
    *_cases("PreEmphasis", (None,), coefficient=[0.5]),
    Case("PreEmphasis", ((2, 9),)),
    *_cases("GaussianBlur", (3, None, 5), kernel_size=[1, 7], sigma=[0.5]),
    *_cases("Sobel", (3, None, 5)),
    *_cases("BlurPool", (3, 6, 5), stride=[1, 3]),
    *_cases("ToGray", (3, None, 5)),
    *_cases("HaarWavelet", (3, 6, 4)),
    Case("AffineGrid", ((2, 3), (3, None, 5))),
    *_cases("GridSample", (3, 6, 5), (4, 4, 2), mode=["nearest", "bicubic"], padding_mode=["border", "reflection"]),
]
