"""Laws of the catalog: every shape rule and every count of parameters is what torch says."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.catalog import registry
from engine.catalog.entry import Attribute, AttributeKind, Entry
from engine.catalog.layer import NEVER_OFFERED, Layer
from engine.catalog.left_out import LEFT_OUT
from engine.catalog.losses import Loss
from engine.catalog.optimizers import Optimizer
from engine.catalog.tensors import ABSENT, DType, TensorSpec
from engine.checks.shapes import keeps_width
from engine.compiler.build import built
from engine.compiler.functions import FUNCTIONS
from engine.errors import ShapeMismatch

FROM_OUTSIDE = {"engine.compiler.own_code", "engine.compiler.onnx_operators.OnnxOperator"}
"""What a person's own class gives is measured by its check, and what an imported operator gives by the import; no rule
can know it."""
LAYERS = [item for item in registry.layers() if item.target and item.target not in FROM_OUTSIDE]
FAST = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
QUICKER = settings(FAST, max_examples=8)
"""For laws that hold of the rules alone, which are plain and alike."""
TORCH_DTYPES = {DType.FLOAT: torch.float32, DType.INT: torch.int64, DType.BOOL: torch.bool}
BATCH = 2
EVERY = pytest.mark.parametrize("layer_type", LAYERS, ids=lambda item: item.__name__)


EXPRESSIONS = (
    "nij,njk->nik",
    "nc,nc->n",
    "nchw->nc",
    "ni,nj->nij",
    "nii->ni",
    "nij,nkj->nik",
    "nij->ni",
    "ab->ba",
    "?",
)
"""What a text may be: the only ones are expressions for Einsum."""


def value_of(info: Attribute) -> st.SearchStrategy[Any]:
    """Values in the declared range: near its lower end, where torch's shapes stay small, or around 0 in a wide one."""
    low = info.minimum if info.minimum is not None else (info.above or 0)
    low = -3 if low < -8 else low
    high = info.maximum if info.maximum is not None else math.inf
    whole = st.integers(math.ceil(low), int(min(high, max(low + 5, 4))))
    words = st.sampled_from(info.choices) if info.choices else st.nothing()
    match info.kind:
        case AttributeKind.SWITCH:
            found: st.SearchStrategy[Any] = st.booleans()
        case AttributeKind.CHOICE:
            found = words
        case AttributeKind.INTEGER:
            found = words | whole
        case AttributeKind.SIZE:
            found = words | whole | st.tuples(*[whole] * info.sides)
        case AttributeKind.INTEGERS:
            found = st.lists(whole, min_size=1, max_size=4).map(tuple)
        case AttributeKind.NUMBERS:
            found = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=3).map(tuple)
        case AttributeKind.TEXT:
            found = st.sampled_from(EXPRESSIONS)
        case AttributeKind.NUMBER:
            top = high if info.below is None else info.below
            found = st.floats(
                low,
                min(top, low + 2),
                exclude_min=info.above is not None,
                exclude_max=info.below is not None,
                allow_subnormal=False,
                width=32,
            )
        case _:
            raise AssertionError(f"no values for {info.kind}")
    return found | st.none() if info.optional else found


def dims() -> st.SearchStrategy[int]:
    return st.sampled_from([1, 2, 3, 4, 4, 5, 6, 8, 8, 12])


def related(shape: tuple[int, ...]) -> st.SearchStrategy[tuple[int, ...]]:
    """A shape that often fits another one: equal, with a size changed or 1, or something else."""
    changed = st.tuples(st.integers(1, max(1, len(shape) - 1)), dims()).map(
        lambda found: tuple(found[1] if axis == found[0] else size for axis, size in enumerate(shape))
    )
    other = st.lists(dims(), min_size=0, max_size=4).map(lambda sizes: (BATCH, *sizes))
    return st.one_of(st.just(shape), st.just(shape), changed, other)


@st.composite
def cases(draw: st.DrawFn, layer_type: type[Layer]) -> tuple[Layer, list[TensorSpec]]:
    """A layer with settings in range, and inputs of the rank and type its ports declare."""
    chosen = {
        info.name: draw(value_of(info))
        for info in layer_type.attributes()
        if draw(st.booleans()) or info.kind is AttributeKind.INTEGERS
    }
    layer = layer_type.from_attributes(chosen)
    specs: list[TensorSpec] = []
    for port in layer.input_ports():
        if port.optional and draw(st.integers(0, 2)):
            specs.append(ABSENT)
            continue
        if specs and draw(st.integers(0, 3)):
            shape = draw(related(specs[0].shape))  # type: ignore[arg-type]
        elif port.axes:
            shape = (BATCH, *(draw(dims()) for _ in port.axes[1:]))
        else:
            shape = (BATCH, *draw(st.lists(dims(), min_size=0, max_size=4)))
        if port.axes and len(shape) != len(port.axes):
            shape = (BATCH, *(draw(dims()) for _ in port.axes[1:]))
        dtype = port.dtype or draw(st.sampled_from([DType.FLOAT, DType.FLOAT, DType.INT, DType.BOOL]))
        specs.append(TensorSpec(shape, dtype, draw(st.integers(1, 12)) if dtype is DType.INT else None))
    while not specs[-1].linked:
        specs.pop()
    if draw(st.booleans()) and not isinstance(layer, Loss):
        # Settings as drawn, inputs that fit those it comes with.
        examples = [TensorSpec((BATCH, *spec.shape[1:]), spec.dtype, spec.classes) for spec in layer_type().example()]
        specs = [*examples, *specs[len(examples) :]][: len(layer.input_ports())]
    second = layer.input_ports()[1:2] if isinstance(layer, Loss) and len(specs) > 1 else ()
    if second and second[0].dtype is DType.INT and draw(st.integers(0, 3)):
        # A target of class numbers that often fits: the prediction's shape without its classes.
        shape = specs[0].shape
        classes = shape[1] if len(shape) > 1 and draw(st.booleans()) else None
        specs[1] = TensorSpec(shape[:1] + shape[2:], DType.INT, classes)
    elif second and second[0].dtype is DType.FLOAT and draw(st.booleans()):
        specs[1] = TensorSpec(specs[0].shape)
    if isinstance(layer, Loss) and draw(st.booleans()):
        specs = [TensorSpec((BATCH, *spec.shape[1:]), spec.dtype, spec.classes) for spec in layer.example()]
    return layer, specs


def build(layer: Layer, specs: list[TensorSpec], device: str = "meta") -> nn.Module:
    with torch.device(device):
        return built(layer, *specs)


def run(layer: Layer, specs: list[TensorSpec], device: str = "meta") -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """torch's module and its answers; on the meta device both without memory."""
    module = build(layer, specs, device)
    tensors = [
        torch.zeros(spec.shape, dtype=TORCH_DTYPES[spec.dtype], device=device) if spec.linked else None  # type: ignore[arg-type]
        for spec in specs
    ]
    given_back = module(*tensors)
    return module, tuple(given_back) if isinstance(given_back, tuple) else (given_back,)


@EVERY
@FAST
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_rule_answers_as_torch(layer_type: type[Layer], data: st.DataObject) -> None:
    layer, specs = data.draw(cases(layer_type))
    try:
        answer: tuple[TensorSpec, ...] | None = layer.output_specs(*specs)
    except ShapeMismatch as error:
        assert error.expected and error.found, "a refusal says what was expected and what was found"
        answer = None
    if answer is None:
        try:
            run(layer, specs, "cpu")  # the meta device lets a few things pass that no kernel takes
        except (RuntimeError, ValueError, IndexError, AssertionError, TypeError, NotImplementedError):
            return
        assert layer.stricter or classes_differ(layer, specs), f"{layer} refuses {specs}, torch takes it"
        return
    # A plain running mean counts its batches, and packing reads the lengths, which the meta device cannot.
    counts = getattr(layer, "momentum", 0.1) is None or any(
        port.name == "lengths" and spec.linked for port, spec in zip(layer.input_ports(), specs, strict=False)
    )
    module, given_back = run(layer, specs, "cpu" if counts else "meta")
    if isinstance(layer, Loss):
        assert answer == () and given_back[0].dim() == 0
    else:
        assert len(layer.output_ports()) == len(answer)
        assert [tuple(tensor.shape) for tensor in given_back] == [spec.shape for spec in answer]
        assert [tensor.dtype for tensor in given_back] == [TORCH_DTYPES[spec.dtype] for spec in answer]
    if tensors_are_small(layer, specs):
        run(layer, specs, "cpu")
    assert layer.parameter_count(*specs) == sum(weight.numel() for weight in module.parameters())
    assert layer.multiply_adds(*specs) >= 0


def tensors_are_small(layer: Layer, specs: list[TensorSpec]) -> bool:
    """Whether running it for real as well costs next to nothing."""
    return layer.parameter_count(*specs) + layer.multiply_adds(*specs) < 200_000


def classes_differ(layer: Layer, specs: list[TensorSpec]) -> bool:
    """A target with more classes than the prediction fails in torch only once such a class comes along."""
    return isinstance(layer, Loss) and specs[0].rank > 1 and specs[1].classes not in (None, specs[0].shape[1])


@EVERY
@QUICKER
@given(data=st.data())
def test_free_sizes_agree_with_known_ones(layer_type: type[Layer], data: st.DataObject) -> None:
    """What a rule says about a tensor with free sizes holds for every tensor that fills them."""
    layer, specs = data.draw(cases(layer_type))
    free = data.draw(st.lists(st.booleans(), min_size=5, max_size=5))
    loose = [
        TensorSpec(
            (None, *(None if free[axis % 5] else size for axis, size in enumerate(spec.shape[1:]))),
            spec.dtype,
            spec.classes,
        )
        if spec.linked
        else ABSENT
        for spec in specs
    ]
    try:
        known = layer.output_specs(*specs)
    except ShapeMismatch:
        return
    try:
        unknown = layer.output_specs(*loose)
    except ShapeMismatch:
        return  # the size is needed: in_features must be known
    for exact, open_spec in zip(known, unknown, strict=True):
        assert exact.rank == open_spec.rank
        assert exact.dtype == open_spec.dtype
        for size, open_size in zip(exact.shape, open_spec.shape, strict=True):
            assert open_size is None or open_size == size
    layer.parameter_count(*loose)
    layer.multiply_adds(*loose)


@EVERY
@QUICKER
@given(data=st.data())
def test_the_batch_stays_free(layer_type: type[Layer], data: st.DataObject) -> None:
    layer, specs = data.draw(cases(layer_type))
    loose = [TensorSpec((None, *spec.shape[1:]), spec.dtype, spec.classes) if spec.linked else ABSENT for spec in specs]
    try:
        known = layer.output_specs(*specs)
    except ShapeMismatch:
        with pytest.raises(ShapeMismatch):
            layer.output_specs(*loose)
            assume(False)  # sizes of the batch alone differed
        return
    assert [spec.shape[1:] for spec in layer.output_specs(*loose)] == [spec.shape[1:] for spec in known]
    assert all(spec.shape[0] is None for spec in layer.output_specs(*loose))


@EVERY
def test_the_example_suits_the_layer_as_it_comes(layer_type: type[Layer]) -> None:
    layer = layer_type()
    assert len(layer.output_specs(*layer.example())) == len(layer.output_ports())


@pytest.mark.parametrize("layer_type", [item for item in LAYERS if item.width], ids=lambda item: item.__name__)
def test_the_width_is_what_its_attribute_says(layer_type: type[Layer]) -> None:
    layer = layer_type.from_attributes({layer_type.width: 801})
    (answer, *_) = layer.output_specs(*layer.example())
    assert 801 in answer.shape[1:]


@EVERY
def test_what_keeps_the_width_does(layer_type: type[Layer]) -> None:
    layer = layer_type()
    if keeps_width(layer):
        assert layer.output_specs(*layer.example())[0].shape == layer.example()[0].shape


def test_torch_nn_is_in_the_catalog_or_left_out_with_a_reason() -> None:
    found = {
        name
        for name, item in vars(nn).items()
        if isinstance(item, type) and issubclass(item, nn.Module) and not name.startswith("_")
    }
    known = {item.type_name() for item in registry.layers()}
    assert found - known == set(LEFT_OUT) & found, "offer it, or say in engine.catalog.left_out why not"
    assert not known & set(LEFT_OUT)


COUNTED = {
    "Linear": [(BATCH, 5, 7)],
    "Conv1d": [(BATCH, 4, 20)],
    "Conv2d": [(BATCH, 4, 9, 11)],
    "Conv3d": [(BATCH, 4, 5, 6, 7)],
    "ConvTranspose1d": [(BATCH, 4, 20)],
    "ConvTranspose2d": [(BATCH, 4, 9, 11)],
    "ConvTranspose3d": [(BATCH, 4, 5, 6, 7)],
    **dict.fromkeys(("MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder"), ((BATCH, 5, 8),)),
    **dict.fromkeys(("TransformerDecoderLayer", "TransformerDecoder", "Transformer"), ((BATCH, 5, 8), (BATCH, 7, 8))),
    **dict.fromkeys(("RNN", "GRU", "LSTM"), ((BATCH, 5, 8),)),
    **dict.fromkeys(("RNNCell", "GRUCell", "LSTMCell"), ((BATCH, 8),)),
    "AdaptiveLogSoftmaxWithLoss": [(BATCH, 5, 32)],
    "MatMul": [(BATCH, 5, 6), (BATCH, 6, 7)],
    "Einsum": [(BATCH, 5, 6), (BATCH, 6, 7)],
    "GatedLinear": [(BATCH, 5, 6)],
    "FeedForward": [(BATCH, 5, 6)],
    "CosineMatrix": [(BATCH, 5, 6), (BATCH, 3, 6)],
    "ScaledDotProductAttention": [(BATCH, 5, 6), (BATCH, 4, 6), (BATCH, 4, 3)],
    "GroupedQueryAttention": [(BATCH, 5, 8)],
    "PatchEmbedding": [(BATCH, 3, 9, 8)],
    "FourierFeatures": [(BATCH, 5, 3)],
    "DCT": [(BATCH, 5, 9)],
    "Gram": [(BATCH, 3, 5, 4)],
}


@pytest.mark.parametrize("name", COUNTED)
def test_multiply_adds_are_what_torch_counts(name: str) -> None:
    found = registry.layer_type(name)
    assert found is not None
    layer = found()
    specs = [TensorSpec(shape) for shape in COUNTED[name]]
    module = build(layer, specs)
    with FlopCounterMode(display=False) as counter:
        module(*[torch.empty(spec.shape, device="meta") for spec in specs])  # type: ignore[arg-type]
    assert counter.get_total_flops() == 2 * BATCH * layer.multiply_adds(*specs)


def torch_constructor(layer_type: type[Layer]) -> Callable[..., Any] | None:
    """That of torch's class of the same name; a module of ours may only change how that is called."""
    found = getattr(nn, layer_type.__name__, None)
    if found is None or (issubclass(layer_type, Loss) and not layer_type.target.startswith("torch.")):
        return None
    return nn.RNNBase.__init__ if issubclass(found, nn.RNNBase) else found.__init__


def excuses(entry: type[Layer]) -> dict[str, str]:
    """What an entry and its bases say of arguments that are not as in torch."""
    found = dict(NEVER_OFFERED)
    for base in reversed(entry.__mro__):
        found |= vars(base).get("unlike_torch", {})
    return found


@EVERY
def test_names_and_defaults_are_torchs(layer_type: type[Layer]) -> None:
    """Law 7: attributes are named and preset as in torch, and the exceptions are written down with a reason."""
    constructor = torch_constructor(layer_type)
    if constructor is None:
        return
    layer = layer_type()
    computed = set(layer.computed(*layer.example())) | ({"mode"} if constructor is nn.RNNBase.__init__ else set())
    check_names(layer_type, constructor, computed | {"self"}, excuses(layer_type))


@pytest.mark.parametrize("target", sorted(FUNCTIONS))
def test_names_and_defaults_are_those_of_the_function(target: str) -> None:
    """Law 7 for functions: torch's operator of that name takes the attributes, and presets them as we do."""
    layer_type = next(item for item in LAYERS if item.target == target)
    declared = {info.torch_name or info.name: info for info in layer_type.attributes()}
    if target.startswith("torch.nn.functional."):
        function = FUNCTIONS[target].function
        tensors = {"self", *list(inspect.signature(function).parameters)[: len(layer_type.inputs)], "out"}
        check_names(layer_type, function, tensors, {**NEVER_OFFERED, **layer_type.unlike_torch})
        return
    packet = getattr(torch.ops.aten, target.removeprefix("torch.").replace(".", "_"))
    overloads = [{item.name: item for item in getattr(packet, name)._schema.arguments} for name in packet.overloads()]
    fitting = [arguments for arguments in overloads if declared.keys() <= arguments.keys()]
    assert fitting, f"{target} takes no {', '.join(declared)}"
    for name, info in declared.items():
        if name in layer_type.unlike_torch:
            continue
        presets = [item[name].default_value for item in fitting if item[name].has_default_value()]
        assert not presets or info.default in presets, f"{name} is preset to {info.default}, in torch to {presets}"


SHARED_EXCUSES = {*Loss.unlike_torch, *Optimizer.unlike_torch}


def check_names(
    entry: type[Entry], constructor: Callable[..., Any], computed: set[str], exceptions: dict[str, str]
) -> None:
    arguments = inspect.signature(constructor).parameters
    declared = {info.torch_name or info.name: info for info in entry.attributes()}
    for name, info in declared.items():
        if name in exceptions:
            continue
        assert name in arguments, f"torch's {entry.__name__} has no argument {name}"
        default = arguments[name].default
        if default is not inspect.Parameter.empty:
            assert info.default == default, f"{name} is preset to {info.default}, in torch to {default}"
    for name, argument in arguments.items():
        if name in declared or name in computed or name.startswith("_"):
            continue
        if argument.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        assert exceptions.get(name), f"torch's {entry.__name__} takes {name}: offer it, or say why not"
    for name in getattr(entry, "unlike_torch", {}):
        known = name in declared or name in arguments or name in SHARED_EXCUSES
        assert known, f"{name} is excused and does not exist"


OF_TORCH = [item for item in registry.optimizers() if item.target.startswith("torch.optim.")]


@pytest.mark.parametrize("optimizer", OF_TORCH, ids=lambda item: item.__name__)
def test_optimizers_are_torchs(optimizer: type[Entry]) -> None:
    found = getattr(torch.optim, optimizer.target.removeprefix("torch.optim."))
    exceptions = dict(optimizer.unlike_torch)  # type: ignore[attr-defined]
    if "betas" in exceptions:
        exceptions |= dict.fromkeys(("beta1", "beta2"), exceptions["betas"])
    check_names(optimizer, found.__init__, {"self", "params"}, {key: why for key, why in exceptions.items() if why})
    default = optimizer()
    if "betas" in exceptions:
        assert inspect.signature(found).parameters["betas"].default == (default.beta1, default.beta2)  # type: ignore[attr-defined]
    weights = [nn.Parameter(torch.ones(3, 2))]
    stepping = found(weights, **default.arguments())  # type: ignore[attr-defined]

    def closure() -> torch.Tensor:
        weights[0].grad = torch.ones(3, 2)
        if optimizer.__name__ == "SparseAdam":
            weights[0].grad = weights[0].grad.to_sparse(1)
        return weights[0].sum()

    closure()
    stepping.step(closure)
    assert (weights[0] < 1).all()


def test_every_optimizer_of_torch_is_there() -> None:
    there = {name for name, item in vars(torch.optim).items() if isinstance(item, type)} - {"Optimizer"}
    assert there <= {item.__name__ for item in registry.optimizers()}
    assert len(registry.optimizers()) >= 22
