"""Cases for the operations on tensors and the layers beyond torch.nn, as in layer_cases.py."""

from layer_cases import Case, Shape, _cases

STEPS: tuple[Shape, ...] = ((None, 6),)
PAIR: tuple[Shape, ...] = ((3, 4), (3, 4))

FUNCTIONS = (
    *("Abs", "Negate", "Sign", "Square", "Reciprocal", "Exp", "Exp2", "Expm1", "Log", "Log1p", "Log2", "Log10", "Sqrt"),
    *("Rsqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Sinc", "Erf"),
    *("Round", "Floor", "Ceil", "Trunc", "Frac", "NanToNum", "Clamp", "Scale", "Power"),
)

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
]
