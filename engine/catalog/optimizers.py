"""Optimizers: how the weights are changed after each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

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
    formula: ClassVar[str] = "p ← p − lr · (g + momentum · m)"
    when: ClassVar[str] = "Use it for pictures, with momentum 0.9, a schedule, and time to find the learning rate."
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
    formula: ClassVar[str] = "p ← p − lr · m̂ / (√v̂ + ε)"
    when: ClassVar[str] = "Start here, or with AdamW, whatever you train."
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
    formula: ClassVar[str] = "p ← p − lr · (m̂ / (√v̂ + ε) + λ p)"
    when: ClassVar[str] = "Start here, whatever you train."
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "adaptive", "weight decay")
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)
    amsgrad: bool = attribute(False, advanced=True, label="AMSGrad", help="Never let the step size of a weight grow.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NAdam(_WithBetas):
    """Adam that looks ahead along its momentum.

    Source: Dozat 2016, torch.optim.NAdam.
    """

    target: ClassVar[str] = "torch.optim.NAdam"
    formula: ClassVar[str] = "p ← p − lr · (β₁ m̂ + (1 − β₁) ĝ) / (√v̂ + ε)"
    when: ClassVar[str] = "Try it where Adam works; it often gets there a little sooner."
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
    formula: ClassVar[str] = "p ← p − lr · r · m̂ / (√v̂ + ε),  r rising to 1"
    when: ClassVar[str] = "Use it when training with Adam is shaky in the first steps."
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "rectified", "warm-up")
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)
    decoupled_weight_decay: bool = attribute(False, advanced=True, help="Decay the weights as AdamW does.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adamax(_WithBetas):
    """Adam that goes by the largest gradient seen; steady with rare features.

    Source: Kingma and Ba 2015, section 7.1, torch.optim.Adamax.
    """

    target: ClassVar[str] = "torch.optim.Adamax"
    formula: ClassVar[str] = "p ← p − lr · m̂ / max(β₂ u, |g|)"
    when: ClassVar[str] = "Use it for embeddings and other features that are seldom seen."
    synonyms: ClassVar[tuple[str, ...]] = ("adam", "maximum")
    lr: float = attribute(2e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class RMSprop(Optimizer):
    """Divides each step by the recent size of the gradient; long usual for recurrent networks.

    Source: Hinton 2012, torch.optim.RMSprop.
    """

    target: ClassVar[str] = "torch.optim.RMSprop"
    formula: ClassVar[str] = "p ← p − lr · g / (√v + ε)"
    when: ClassVar[str] = "Use it for recurrent networks and for learning to act."
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
    formula: ClassVar[str] = "p ← p − lr · g / (√Σ g² + ε)"
    when: ClassVar[str] = "Use it for words and other features that are seldom seen."
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
    formula: ClassVar[str] = "p ← p − lr · g · √(mean Δ²) / √(mean g²)"
    when: ClassVar[str] = "Use it when you do not want to choose a learning rate, and have time."
    synonyms: ClassVar[tuple[str, ...]] = ("adaptive",)
    lr: float = attribute(1.0, above=0, maximum=100, label="Learning rate", help=_LR)
    rho: float = attribute(0.9, minimum=0, below=1, advanced=True, help="How long the size of gradients is remembered.")
    eps: float = attribute(1e-6, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class ASGD(Optimizer):
    """Plain steps against the gradient, with an average of all weights kept beside them.

    Source: Polyak and Juditsky 1992, torch.optim.ASGD.
    """

    target: ClassVar[str] = "torch.optim.ASGD"
    formula: ClassVar[str] = "p ← (1 − λ η) p − η g,  η falling with the steps"
    when: ClassVar[str] = "Use it for simple models with noisy gradients; networks have an average of weights for that."
    synonyms: ClassVar[tuple[str, ...]] = (
        "gradient descent",
        "average",
        "polyak",
    )
    lr: float = attribute(1e-2, above=0, maximum=100, label="Learning rate", help=_LR)
    lambd: float = attribute(
        1e-4, minimum=0, maximum=1, advanced=True, label="Fading", help="How fast steps get smaller."
    )
    alpha: float = attribute(0.75, minimum=0, maximum=10, advanced=True, help="Power by which steps get smaller.")
    t0: float = attribute(
        1e6, minimum=0, maximum=1e12, advanced=True, label="Start", help="Step at which averaging begins."
    )
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rprop(Optimizer):
    """Looks only at the sign of each gradient, and gives each weight a step size of its own.

    The learning rate is the first step size; a schedule does not change it later. Source: Riedmiller and Braun 1993,
    torch.optim.Rprop.
    """

    target: ClassVar[str] = "torch.optim.Rprop"
    formula: ClassVar[str] = "p ← p − s · sign(g),  s × 1.2 while the sign stays, × 0.5 when it turns"
    when: ClassVar[str] = "Use it for small data with a batch that holds all of it."
    synonyms: ClassVar[tuple[str, ...]] = (
        "sign",
        "resilient",
        "full batch",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_NEVER_OFFERED,
        **dict.fromkeys(("etas", "eta_minus", "eta_plus"), "its two numbers, each with a help of its own"),
        **dict.fromkeys(("step_sizes", "smallest", "largest"), "its two numbers, each with a help of its own"),
    }
    lr: float = attribute(1e-2, above=0, maximum=100, label="Learning rate", help=_LR)
    eta_minus: float = attribute(
        0.5, above=0, below=1, advanced=True, help="What a step is multiplied by when the sign turns."
    )
    eta_plus: float = attribute(
        1.2, above=1, maximum=10, advanced=True, help="What it is multiplied by while the sign stays."
    )
    smallest: float = attribute(1e-6, above=0, maximum=1, advanced=True, help="The smallest step.")
    largest: float = attribute(50.0, above=0, maximum=1e6, advanced=True, help="The largest step.")

    def arguments(self) -> dict[str, Any]:
        return {
            "lr": self.lr,
            "etas": (self.eta_minus, self.eta_plus),
            "step_sizes": (self.smallest, max(self.smallest, self.largest)),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Adafactor(Optimizer):
    """Adam that remembers rows and columns instead of every weight: hardly any memory.

    Source: Shazeer and Stern 2018, torch.optim.Adafactor.
    """

    target: ClassVar[str] = "torch.optim.Adafactor"
    formula: ClassVar[str] = "p ← p − lr · g / √(r cᵀ),  r, c the means of g² over rows and columns"
    when: ClassVar[str] = "Use it when a network barely fits into memory."
    synonyms: ClassVar[tuple[str, ...]] = (
        "memory",
        "large models",
        "adaptive",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_NEVER_OFFERED,
        **dict.fromkeys(("eps", "eps2"), "its first number follows from the number format"),
    }
    lr: float = attribute(1e-2, above=0, maximum=100, label="Learning rate", help=_LR)
    beta2_decay: float = attribute(
        -0.8, minimum=-10, maximum=0, advanced=True, help="How the memory grows with the steps."
    )
    eps2: float = attribute(
        1e-3, minimum=0, maximum=1, advanced=True, label="Epsilon", help="The least size a weight counts with."
    )
    d: float = attribute(
        1.0, minimum=1, maximum=1000, advanced=True, label="Clipping", help="Larger steps than this are shortened."
    )
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)

    def arguments(self) -> dict[str, Any]:
        named = self.values()
        return {"eps": (None, named.pop("eps2")), **named}


@dataclass(frozen=True, kw_only=True, slots=True)
class SparseAdam(_WithBetas):
    """Adam that leaves rows of a weight alone while their gradient is 0.

    Source: torch.optim.SparseAdam; gradients are made sparse by rows.
    """

    target: ClassVar[str] = "torch.optim.SparseAdam"
    formula: ClassVar[str] = "p[i] ← p[i] − lr · m̂[i] / (√v̂[i] + ε) where g[i] ≠ 0"
    when: ClassVar[str] = "Use it for large embeddings of which each batch sees a few rows."
    synonyms: ClassVar[tuple[str, ...]] = (
        "embedding",
        "words",
        "rare",
        "lazy",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LBFGS(Optimizer):
    """Learns the shape of the valley from its last steps, and looks at each batch several times.

    All parameters move as one. Source: Liu and Nocedal 1989, torch.optim.LBFGS.
    """

    target: ClassVar[str] = "torch.optim.LBFGS"
    formula: ClassVar[str] = "p ← p − lr · H g,  H ≈ inverse Hessian from the last steps"
    when: ClassVar[str] = "Use it for small networks with a batch that holds all data, without dropout."
    synonyms: ClassVar[tuple[str, ...]] = (
        "quasi-newton",
        "second order",
        "full batch",
        "bfgs",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_NEVER_OFFERED,
        "max_eval": "follows from max_iter",
        **dict.fromkeys(("line_search_fn", "line_search"), "a word for each choice"),
    }
    lr: float = attribute(1.0, above=0, maximum=100, label="Learning rate", help=_LR)
    max_iter: int = attribute(20, minimum=1, maximum=10_000, help="Moves in each step.")
    history_size: int = attribute(100, minimum=1, maximum=1000, advanced=True, help="How many moves are remembered.")
    tolerance_grad: float = attribute(
        1e-7, minimum=0, maximum=1, advanced=True, help="A gradient below this ends the step."
    )
    tolerance_change: float = attribute(
        1e-9, minimum=0, maximum=1, advanced=True, help="A move below this ends the step."
    )
    line_search: Literal["none", "strong_wolfe"] = attribute(
        "none", help="How far to go: the learning rate, or searched for."
    )

    def arguments(self) -> dict[str, Any]:
        named = self.values()
        search = named.pop("line_search")
        return {**named, "line_search_fn": None if search == "none" else search}


@dataclass(frozen=True, kw_only=True, slots=True)
class Muon(Optimizer):
    """Steps that change a matrix evenly in all directions; what is no matrix moves as in AdamW.

    Source: Jordan et al. 2024, torch.optim.Muon.
    """

    target: ClassVar[str] = "torch.optim.Muon"
    formula: ClassVar[str] = "W ← (1 − lr λ) W − lr · s · orthogonal(momentum of g)"
    when: ClassVar[str] = "Use it for transformers and other networks made of large matrices."
    synonyms: ClassVar[tuple[str, ...]] = (
        "orthogonal",
        "newton-schulz",
        "matrices",
        "transformer",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_NEVER_OFFERED,
        "ns_coefficients": "those of the paper",
        "adjust_lr_fn": "preset so that one learning rate suits matrices and the rest",
        **dict.fromkeys(("beta1", "beta2"), "of AdamW, which moves what is no matrix"),
    }
    lr: float = attribute(1e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    weight_decay: float = attribute(0.1, minimum=0, maximum=10, help=_DECAY)
    momentum: float = attribute(0.95, minimum=0, below=1, help="How much of the last step is kept.")
    nesterov: bool = attribute(True, advanced=True, help="Look ahead along the momentum.")
    ns_steps: int = attribute(
        5, minimum=1, maximum=20, advanced=True, label="Rounds", help="Rounds in which a step is made even."
    )
    eps: float = attribute(1e-7, above=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    adjust_lr_fn: Literal["original", "match_rms_adamw"] = attribute(
        "match_rms_adamw", advanced=True, label="Step size", help="As in the paper, or as large as AdamW's would be."
    )
    beta1: float = attribute(0.9, minimum=0, below=1, advanced=True, help=_BETA1)
    beta2: float = attribute(0.95, minimum=0, below=1, advanced=True, help=_BETA2)

    def arguments(self) -> dict[str, Any]:
        named = self.values()
        return {key: value for key, value in named.items() if key not in ("beta1", "beta2")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Lion(Optimizer):
    """Steps of one size in the direction of the momentum: little memory, quick.

    Its learning rate should be 3 to 10 times smaller than that of AdamW, its decay as much larger. Source: Chen et al.
    2023.
    """

    target: ClassVar[str] = "engine.training.optimizers.own.LionMover"
    formula: ClassVar[str] = "p ← p − lr · (sign(β₁ m + (1 − β₁) g) + λ p)"
    when: ClassVar[str] = "Use it for transformers and large batches, with a third of the learning rate of AdamW."
    synonyms: ClassVar[tuple[str, ...]] = (
        "sign",
        "memory",
        "google",
    )
    lr: float = attribute(1e-4, above=0, maximum=100, label="Learning rate", help=_LR)
    beta1: float = attribute(0.9, minimum=0, below=1, advanced=True, help=_BETA1)
    beta2: float = attribute(0.99, minimum=0, below=1, advanced=True, help=_BETA2)
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class LAMB(_WithBetas):
    """Adam whose step is a fixed share of each layer, so that very large batches work.

    Source: You et al. 2020.
    """

    target: ClassVar[str] = "engine.training.optimizers.own.LAMBMover"
    formula: ClassVar[str] = "p ← p − lr · (‖p‖ / ‖u‖) · u,  u = m̂ / (√v̂ + ε) + λ p"
    when: ClassVar[str] = "Use it for batches of thousands of samples."
    synonyms: ClassVar[tuple[str, ...]] = (
        "large batch",
        "trust ratio",
        "bert",
    )
    eps: float = attribute(1e-6, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class LARS(Optimizer):
    """SGD whose step is a fixed share of each layer, so that very large batches work.

    Source: You et al. 2017.
    """

    target: ClassVar[str] = "engine.training.optimizers.own.LARSMover"
    formula: ClassVar[str] = "v ← μ v + trust · ‖p‖ / (‖g‖ + λ ‖p‖) · (g + λ p);  p ← p − lr · v"
    when: ClassVar[str] = "Use it for pictures in batches of thousands of samples."
    synonyms: ClassVar[tuple[str, ...]] = (
        "large batch",
        "trust ratio",
        "pictures",
    )
    lr: float = attribute(1.0, above=0, maximum=100, label="Learning rate", help=_LR)
    momentum: float = attribute(0.9, minimum=0, below=1, help="How much of the last step is kept.")
    weight_decay: float = attribute(1e-4, minimum=0, maximum=10, help=_DECAY)
    trust: float = attribute(1e-3, above=0, maximum=1, advanced=True, help="The share of a layer that one step moves.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Adan(Optimizer):
    """Adam that also follows how gradients change, and looks ahead by it.

    Source: Xie et al. 2024.
    """

    target: ClassVar[str] = "engine.training.optimizers.own.AdanMover"
    formula: ClassVar[str] = "p ← (p − lr · (m̂ + β₂ d̂) / (√n̂ + ε)) / (1 + lr λ)"
    when: ClassVar[str] = "Use it when training is long and AdamW gets stuck; it bears larger learning rates."
    synonyms: ClassVar[tuple[str, ...]] = (
        "nesterov",
        "adaptive",
        "transformer",
    )
    lr: float = attribute(1e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    beta1: float = attribute(0.98, minimum=0, below=1, advanced=True, help=_BETA1)
    beta2: float = attribute(0.92, minimum=0, below=1, advanced=True, help=_BETA2)
    beta3: float = attribute(
        0.99, minimum=0, below=1, advanced=True, help="How long the size of gradients is remembered."
    )
    eps: float = attribute(1e-8, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(2e-2, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaBelief(_WithBetas):
    """Adam that takes large steps where gradients are as expected, and small ones where they are not.

    Source: Zhuang et al. 2020.
    """

    target: ClassVar[str] = "engine.training.optimizers.own.AdaBeliefMover"
    formula: ClassVar[str] = "p ← p − lr · m̂ / (√ŝ + ε),  s the mean of (g − m)²"
    when: ClassVar[str] = "Use it where Adam is quick but ends worse than SGD."
    synonyms: ClassVar[tuple[str, ...]] = (
        "adaptive",
        "belief",
    )
    eps: float = attribute(1e-16, minimum=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleFreeAdamW(_WithBetas):
    """AdamW that needs no schedule: it answers with the average of where it has been.

    Evaluation, checkpoints and export use the average. Source: Defazio et al. 2024.
    """

    target: ClassVar[str] = "engine.training.optimizers.schedule_free.ScheduleFreeMover"
    formula: ClassVar[str] = "y = (1 − β₁) z + β₁ x;  z ← z − lr · g(y) / (√v̂ + ε);  x the mean of z"
    when: ClassVar[str] = "Use it when you do not know how long you will train; choose Constant as schedule."
    caption: ClassVar[str] = "Schedule-free AdamW"
    synonyms: ClassVar[tuple[str, ...]] = (
        "no schedule",
        "average",
        "adaptive",
    )
    lr: float = attribute(2.5e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    beta1: float = attribute(0.9, above=0, below=1, advanced=True, help="How near to the average gradients are taken.")
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleFreeSGD(Optimizer):
    """SGD that needs no schedule: it answers with the average of where it has been.

    Evaluation, checkpoints and export use the average. Source: Defazio et al. 2024.
    """

    target: ClassVar[str] = "engine.training.optimizers.schedule_free.ScheduleFreeMover"
    formula: ClassVar[str] = "y = (1 − β) z + β x;  z ← z − lr · g(y);  x the mean of z"
    when: ClassVar[str] = (
        "Use it for pictures when you do not know how long you will train; choose a constant schedule."
    )
    caption: ClassVar[str] = "Schedule-free SGD"
    synonyms: ClassVar[tuple[str, ...]] = (
        "no schedule",
        "average",
        "gradient descent",
    )
    lr: float = attribute(1.0, above=0, maximum=100, label="Learning rate", help=_LR)
    momentum: float = attribute(0.9, above=0, below=1, help="How near to the average gradients are taken.")
    weight_decay: float = attribute(0.0, minimum=0, maximum=10, help=_DECAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class SOAP(_WithBetas):
    """Adam in the directions in which gradients of each matrix vary most.

    Source: Vyas et al. 2024.
    """

    target: ClassVar[str] = "engine.training.optimizers.soap.SOAPMover"
    formula: ClassVar[str] = "p ← p − lr · Q · adam(Qᵀ g),  Q the directions of g gᵀ"
    when: ClassVar[str] = "Use it when each step is dear, as with large batches: it needs fewer of them."
    synonyms: ClassVar[tuple[str, ...]] = (
        "shampoo",
        "second order",
        "preconditioner",
        "matrices",
    )
    lr: float = attribute(3e-3, above=0, maximum=100, label="Learning rate", help=_LR)
    beta1: float = attribute(0.95, minimum=0, below=1, advanced=True, help=_BETA1)
    beta2: float = attribute(0.95, minimum=0, below=1, advanced=True, help=_BETA2)
    weight_decay: float = attribute(1e-2, minimum=0, maximum=10, help=_DECAY)
    every: int = attribute(10, minimum=1, maximum=10_000, help="Steps between looking for new directions.")
    largest: int = attribute(
        10_000, minimum=2, maximum=100_000, advanced=True, help="Longer sides of a matrix are left as they are."
    )
