"""A formula in ONNX: an operator for each of its functions."""

from engine.catalog import formulas
from engine.catalog.layers.formula import Formula
from engine.deployment.rules.site import Site, Written, rule

_OPERATORS = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "negate": "Neg",
    "abs": "Abs",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "erf": "Erf",
    "sign": "Sign",
    "round": "Round",
    "floor": "Floor",
    "ceil": "Ceil",
    "minimum": "Min",
    "maximum": "Max",
}
_REDUCTIONS = {"mean": "ReduceMean", "sum": "ReduceSum", "highest": "ReduceMax", "lowest": "ReduceMin"}


@rule("formula")
def formula(site: Site) -> Written:
    """Term by term."""
    layer = site.layer
    assert isinstance(layer, Formula)
    term = layer.term()
    return _value(site, term, dict(zip(formulas.ordered(term), site.inputs, strict=True)))


def _value(site: Site, term: formulas.Term, given: dict[str, str]) -> str:
    if isinstance(term, formulas.Number):
        return site.scalar(term.value)
    if isinstance(term, formulas.Name):
        return given[term.name]
    parts = [_value(site, item, given) for item in term.arguments]
    match term.function:
        case "square":
            return site.add("Mul", parts[0], parts[0])
        case "greater" | "less":
            return site.add("Cast", site.add(term.function.capitalize(), *parts), to=1)
        case "where":
            zero = site.add("Equal", parts[0], site.scalar(0))
            return site.add("Where", zero, parts[2], parts[1])
        case name if name in _REDUCTIONS:
            return site.reduce(_REDUCTIONS[name], parts[0], (-1,))
        case name:
            return site.add(_OPERATORS[name], *parts)
