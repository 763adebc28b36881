"""Finds catalog entries by name; each family's file is read once, and whatever it declares is in."""

import functools
from collections.abc import Iterable
from types import MappingProxyType, ModuleType
from typing import TypeVar

from engine.catalog import averages as _averages
from engine.catalog import initializers as _initializers
from engine.catalog import optimizers as _optimizers
from engine.catalog import preparation as _preparation
from engine.catalog import schedules as _schedules
from engine.catalog import wrappers as _wrappers
from engine.catalog.augmentation import AUGMENTATIONS, AugmentationStep
from engine.catalog.averages import Average
from engine.catalog.entry import Entry
from engine.catalog.initializers import FromData, Initializer
from engine.catalog.layer import Family, Layer
from engine.catalog.layers import (
    activation,
    arithmetic,
    attention,
    block,
    comparison,
    convolution,
    data,
    distance,
    dropout,
    embedding,
    encoding,
    focus,
    foreign,
    formula,
    gating,
    heads,
    indexing,
    linear,
    linear_algebra,
    merge,
    normalization,
    own_code,
    padding,
    pairing,
    pooling,
    recurrent,
    reduction,
    resampling,
    scaling,
    shape,
    signal,
    special,
    tokens,
)
from engine.catalog.losses import Loss, classes, embeddings, generative, masks, numbers
from engine.catalog.metrics import classes as class_metrics
from engine.catalog.metrics import embeddings as embedding_metrics
from engine.catalog.metrics import episodes, probabilities, signals, texts, unseen
from engine.catalog.metrics import labels as label_metrics
from engine.catalog.metrics import numbers as number_metrics
from engine.catalog.metrics.metric import Metric
from engine.catalog.optimizers import Optimizer
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.schedules import Schedule
from engine.catalog.wrappers import Wrapper
from engine.document.data_spec import Step
from engine.document.graph import Node
from engine.errors import AttributeOutOfRange, GraphError

AnyEntry = TypeVar("AnyEntry", bound=Entry)

_LOSS_FILES = (classes, numbers, masks, embeddings, generative)
_METRIC_FILES = (
    class_metrics,
    probabilities,
    label_metrics,
    number_metrics,
    texts,
    signals,
    embedding_metrics,
    unseen,
    episodes,
)
_LAYER_FILES = (
    data,
    block,
    convolution,
    pooling,
    linear,
    recurrent,
    embedding,
    tokens,
    attention,
    normalization,
    activation,
    dropout,
    padding,
    shape,
    resampling,
    merge,
    distance,
    formula,
    own_code,
    arithmetic,
    comparison,
    reduction,
    indexing,
    linear_algebra,
    signal,
    focus,
    gating,
    heads,
    encoding,
    special,
    pairing,
    foreign,
    scaling,
    *_LOSS_FILES,
)


def _declared(module: ModuleType, base: type[AnyEntry]) -> Iterable[type[AnyEntry]]:
    """The entries a file declares, in its order; names that begin with _ are shared bases."""
    for name, item in vars(module).items():
        if (
            isinstance(item, type)
            and issubclass(item, base)
            and item is not base
            and item.__module__ == module.__name__
            and not name.startswith("_")
            and item is not Loss
        ):
            yield item


@functools.cache
def layers() -> tuple[type[Layer], ...]:
    """Every layer in palette order: family by family, data first, losses last."""
    found = (item for module in _LAYER_FILES for item in _declared(module, Layer))
    order = {family: place for place, family in enumerate(Family)}
    return tuple(sorted(found, key=lambda item: order[item.family]))


@functools.cache
def losses() -> tuple[type[Loss], ...]:
    """The losses alone."""
    return tuple(item for module in _LOSS_FILES for item in _declared(module, Loss))


@functools.cache
def optimizers() -> tuple[type[Optimizer], ...]:
    """The optimizers."""
    return tuple(_declared(_optimizers, Optimizer))


@functools.cache
def wrappers() -> tuple[type[Wrapper], ...]:
    """What can be put around an optimizer."""
    return tuple(_declared(_wrappers, Wrapper))


@functools.cache
def averages() -> tuple[type[Average], ...]:
    """The averages of weights."""
    return tuple(_declared(_averages, Average))


@functools.cache
def initializers() -> tuple[type[Initializer], ...]:
    """What weights and biases can begin with."""
    return tuple(item for item in _declared(_initializers, Initializer) if item is not FromData)


def blind_initializers() -> tuple[type[Initializer], ...]:
    """Those that look at no data: for biases, and for all weights of a network at once."""
    return tuple(item for item in initializers() if not issubclass(item, FromData))


@functools.cache
def schedules() -> tuple[type[Schedule], ...]:
    """The schedules of the learning rate."""
    return tuple(_declared(_schedules, Schedule))


@functools.cache
def metrics() -> tuple[type[Metric], ...]:
    """The metrics."""
    return tuple(item for module in _METRIC_FILES for item in _declared(module, Metric))


@functools.cache
def preparation() -> tuple[type[PreparationStep], ...]:
    """The preparation steps."""
    return _preparation.STEPS


@functools.cache
def augmentation() -> tuple[type[AugmentationStep], ...]:
    """The augmentation steps."""
    return AUGMENTATIONS


_KINDS = MappingProxyType(
    {
        "layer": layers,
        "optimizer": optimizers,
        "wrapper": wrappers,
        "average": averages,
        "initializer": initializers,
        "schedule": schedules,
        "metric": metrics,
        "preparation": preparation,
        "augmentation": augmentation,
    }
)


@functools.cache
def _by_name(kind: str) -> dict[str, type[Entry]]:
    return {item.type_name(): item for item in _KINDS[kind]()}


def layer_type(name: str) -> type[Layer] | None:
    """The layer of that name, losses included."""
    return _by_name("layer").get(name)  # type: ignore[return-value]


def layer(node: Node) -> Layer:
    """The layer a node stands for. Raises GraphError for an unknown type, AttributeOutOfRange for a wrong attribute."""
    found = layer_type(node.type)
    if found is None:
        raise GraphError(
            f"There is no layer '{node.type[:80]}'.",
            where=node.id,
            expected="a layer of the catalog",
            found=node.type[:80],
            hint="The project may come from a newer version. Replace the node, or remove it.",
        )
    try:
        return found.from_attributes(node.attributes)
    except AttributeOutOfRange as error:
        raise AttributeOutOfRange(
            error.message,
            where=f"{node.id}.{error.where}",
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        ) from None


def entry_type(kind: str, name: str) -> type[Entry] | None:
    """The entry of that kind ("optimizer", "schedule", "metric", "preparation", "augmentation", "layer") and name."""
    return _by_name(kind).get(name)


def entry(kind: str, step: Step) -> Entry:
    """The entry a step stands for. Raises AttributeOutOfRange for an unknown type or a wrong attribute."""
    found = entry_type(kind, step.type)
    if found is None:
        raise AttributeOutOfRange(
            f"There is no {kind} '{step.type[:80]}'.",
            where=kind,
            expected="one of " + ", ".join(_by_name(kind)),
            found=step.type[:80],
            hint="Pick one of those named.",
        )
    return found.from_attributes(step.attributes)


def optimizer(step: Step) -> Optimizer:
    """The optimizer a step stands for; raises AttributeOutOfRange."""
    return entry("optimizer", step)  # type: ignore[return-value]


def wrapper(step: Step) -> Wrapper:
    """What a step stands for; raises AttributeOutOfRange."""
    return entry("wrapper", step)  # type: ignore[return-value]


def average(step: Step) -> Average:
    """The average a step stands for; raises AttributeOutOfRange."""
    return entry("average", step)  # type: ignore[return-value]


def initializer(step: Step) -> Initializer:
    """The initializer a step stands for; raises AttributeOutOfRange."""
    return entry("initializer", step)  # type: ignore[return-value]


def schedule(step: Step) -> Schedule:
    """The schedule a step stands for; raises AttributeOutOfRange."""
    return entry("schedule", step)  # type: ignore[return-value]


def metric_named(key: str) -> type[Metric] | None:
    """The metric with that key ("accuracy")."""
    return next((item for item in metrics() if item.key == key), None)
