"""Cases for formulas and for learned vectors put into a sequence, as in layer_cases.py."""

from layer_cases import Case

CASES: list[Case] = [
    Case("Formula", ((6,), (6,))),
    Case("Formula", ((3, 5), (1, 5)), {"expression": "maximum(a, 0.2) * tanh(b) - 2 ^ a"}),
    Case("Formula", ((None, 4),), {"expression": "exp(x - highest(x)) / sum(exp(x - highest(x)))"}),
    Case("Formula", ((3, 5), (3, 5)), {"expression": "where(a > b, floor(a), 0.5) + mean(b)"}),
    Case("ClassToken", ((5, 4),)),
    Case("ClassToken", ((None, 4),), {"count": 3}),
]
