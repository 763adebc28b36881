"""Optimizers: how the weights are changed after each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import Entry, attribute

_LR = "Step size. Too large and training jumps about, too small and it crawls."
_DECAY = "Pulls weights towards 0 a little at each step, against learning by heart."
_EPS = "Keeps the division from dividing by 0."
_BETA1 = "How long the mean of the gradients remembers; nearer to 1 is longer."
_BETA2 = "How long the mean of their squares remembers."
_LOOP = "how it is computed, not what; the training loop chooses by measuring"
_NEVER_OFFERED = {
    "maximize": "a loss is made smaller",
    "foreach": _LOOP,
    "fused": _LOOP,
    "capturable": _LOOP,
    "differentiable": _LOOP,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimizer(Entry):
    """Base of optimizers. `unlike_torch` says why an argument or a default is not that of the torch class."""

    unlike_torch: ClassVar[Mapping[str, str]] = _NEVER_OFFERED
    lr: float = attribute(1e-3, above=0, maximum=100, label="Learning rate", help=_LR)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for the torch class."""
        return self.values()


_BETAS = {**_NEVER_OFFERED, "betas": "beta1 and beta2 are its two numbers, each with a help of its own"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _WithBetas(Optimizer):
    """Base of the Adam family."""

    unlike_torch: ClassVar[Mapping[str, str]] = _BETAS
    beta1: float = attribute(0.9, minimum=0, below=1, advanced=True, help=_BETA1)
    beta2: float = attribute(0.999, minimum=0, below=1, advanced=True, help=_BETA2)
    eps: float = attribute(1e-8, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)

    def arguments(self) -> dict[str, Any]:
        named = self.values()
        return {"betas": (named.pop("beta1"), named.pop("beta2")), **named}


@dataclass(frozen=True, kw_only=True, slots=True)
class SGD(Optimizer):
    """Plain steps against the gradient; with momentum often the best for pictures, if the learning rate is right.

    Source: torch.optim.SGD.
    """

    target: ClassVar[str] = "torch.optim.SGD"
    caption: ClassVar[str] = "SGD"
    synonyms: ClassVar[tuple[str, ...]] = ("gradient descent", "momentum", "nesterov")
    lr: float = attribute(1e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    momentum: float = attribute(0.0, minimum=0, below=1, help="How much of the last step is kept; 0.9 is usual.")
    dampening: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="Weakens new gradients in the momentum."
    )
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    nesterov: bool = attribute(
        False, advanced=True, help="Look ahead along the momentum; needs momentum above 0 and no dampening."
    )

    def arguments(self) -> dict[str, Any]:
        named = self.values()
        # torch refuses Nesterov without momentum; without momentum it would change nothing.
        named["nesterov"] = self.nesterov and self.momentum > 0 and self.dampening == 0
        return named


@dataclass(frozen=True, kw_only=True, slots=True)
class Adam(_WithBetas):
    """Finds its own step size for each weight; works nearly everywhere without tuning.

    Source: Kingma and Ba 2015, torch.optim.Adam.
    """

    target: ClassVar[str] = "torch.optim.Adam"
    synonyms: ClassVar[tuple[str, ...]] = ("adaptive",)
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_BETAS,
        "decoupled_weight_decay": "AdamW is Adam with it",
    }
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    amsgrad: bool = attribute(False, advanced=True, label="AMSGrad", help="Never let the step size of a weight grow.")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdamW(_WithBetas):
    """Adam with a weight decay that does what it says; a good first choice.

    Source: Loshchilov and Hutter 2019, torch.optim.AdamW.
    """

    target: ClassVar[str] = "torch.optim.AdamW"
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "adaptive", "weight decay")
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)
    amsgrad: bool = attribute(False, advanced=True, label="AMSGrad", help="Never let the step size of a weight grow.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NAdam(_WithBetas):
    """Adam that looks ahead along its momentum.

    Source: Dozat 2016, torch.optim.NAdam.
    """

    target: ClassVar[str] = "torch.optim.NAdam"
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "nesterov")
    lr: float = attribute(2e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    momentum_decay: float = attribute(4e-3, minimum=0, maximum=1, advanced=True, help="How fast the momentum changes.")
    decoupled_weight_decay: bool = attribute(False, advanced=True, help="Decay the weights as AdamW does.")


@dataclass(frozen=True, kw_only=True, slots=True)
class RAdam(_WithBetas):
    """Adam with a careful start, so that no warm-up is needed.

    Source: Liu et al. 2020, torch.optim.RAdam.
    """

    target: ClassVar[str] = "torch.optim.RAdam"
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "rectified", "warm-up")
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    decoupled_weight_decay: bool = attribute(False, advanced=True, help="Decay the weights as AdamW does.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adamax(_WithBetas):
    """Adam that goes by the largest gradient seen; steady with rare features.

    Source: Kingma and Ba 2015, section 7.1, torch.optim.Adamax.
    """

    target: ClassVar[str] = "torch.optim.Adamax"
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "maximum")
    lr: float = attribute(2e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class RMSprop(Optimizer):
    """Divides each step by the recent size of the gradient; long usual for recurrent networks.

    Source: Hinton 2012, torch.optim.RMSprop.
    """

    target: ClassVar[str] = "torch.optim.RMSprop"
    synonyms: ClassVar[tuple[str, ...]] = ("adaptive", "recurrent")
    lr: float = attribute(1e-2, above=0, maximum=100, label="Learning rate", help=_LR)
    alpha: float = attribute(
        0.99, minimum=0, below=1, advanced=True, help="How long the size of gradients is remembered."
    )
    eps: float = attribute(1e-8, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    momentum: float = attribute(0.0, minimum=0, below=1, help="How much of the last step is kept.")
    centered: bool = attribute(False, advanced=True, help="Divide by the spread of the gradient instead of its size.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adagrad(Optimizer):
    """Gives rarely used weights larger steps; good for sparse features such as words.

    Source: Duchi et al. 2011, torch.optim.Adagrad.
    """

    target: ClassVar[str] = "torch.optim.Adagrad"
    synonyms: ClassVar[tuple[str, ...]] = ("adaptive", "sparse")
    lr: float = attribute(1e-2, above=0, maximum=100, label="Learning rate", help=_LR)
    lr_decay: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="Shrinks the step size as training goes on."
    )
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    initial_accumulator_value: float = attribute(
        0.0, minimum=0, maximum=1e6, advanced=True, label="Initial sum", help="Where the sum of squares starts."
    )
    eps: float = attribute(1e-10, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Adadelta(Optimizer):
    """Chooses its step size from its own last steps; hardly any tuning, rather slow.

    Source: Zeiler 2012, torch.optim.Adadelta.
    """

    target: ClassVar[str] = "torch.optim.Adadelta"
    synonyms: ClassVar[tuple[str, ...]] = ("adaptive",)
    lr: float = attribute(1.0, above=0, maximum=100, label="Learning rate", help=_LR)
    rho: float = attribute(0.9, minimum=0, below=1, advanced=True, help="How long the size of gradients is remembered.")
    eps: float = attribute(1e-6, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
