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
]
