"""What can be put around an optimizer."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import Entry, attribute


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrapper(Entry):
    """Base of what is put around an optimizer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SAM(Wrapper):
    """Looks for valleys that are wide: takes each gradient from the worst place nearby.

    Each step computes the batch twice. Source: Foret et al. 2021; adaptive: Kwon et al. 2021.
    """

    target: ClassVar[str] = "engine.training.optimizers.around.SAMMover"
    formula: ClassVar[str] = "p ← p − lr · step(∇L(p + ρ ∇L(p) / ‖∇L(p)‖))"
    when: ClassVar[str] = "Use it when a network knows its training data by heart; training takes twice as long."
    caption: ClassVar[str] = "Sharpness-aware (SAM)"
    synonyms: ClassVar[tuple[str, ...]] = ("sharpness", "flat", "generalization")
    rho: float = attribute(0.05, above=0, maximum=10, help="How far away the worst place is looked for.")
    adaptive: bool = attribute(False, help="Look further for large weights; choose a rho about ten times larger then.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookahead(Wrapper):
    """Goes back half the way after every few steps, which calms an optimizer that jumps about.

    Source: Zhang et al. 2019.
    """

    target: ClassVar[str] = "engine.training.optimizers.around.LookaheadMover"
    formula: ClassVar[str] = "after k steps: slow ← slow + α (fast − slow);  fast ← slow"
    when: ClassVar[str] = "Use it when the loss jumps about; it costs next to nothing."
    synonyms: ClassVar[tuple[str, ...]] = ("slow weights", "stable")
    k: int = attribute(5, minimum=1, maximum=10_000, label="Steps", help="Steps between going back.")
    alpha: float = attribute(0.5, above=0, maximum=1, help="How far of the way is kept; 1 does not go back at all.")
