"""Ways of explaining an answer: what each of them says, what it does not, and its settings.

Each is carried out by the module of `engine.evaluation.explaining` that `target` names. All of them tell what an answer
went along with in this network; none of them tells what causes what in the world.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.catalog.entry import Entry, attribute

_BASELINE = "What the sample is compared with: the average of the data, nothing at all, or itself out of focus."


@dataclass(frozen=True, kw_only=True, slots=True)
class Explainer(Entry):
    """Base of ways to explain. `signed`: relevance below zero speaks against the answer. `sums`: what the parts add up
    to is promised to be the score of the sample less that of the baseline."""

    signed: ClassVar[bool] = True
    sums: ClassVar[bool] = False
    limits: ClassVar[str] = ""
    """What it does not say, in one plain sentence."""
    needs_convolution: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GradCam(Explainer):
    """Shows where the last convolution saw what speaks for the answer.

    The feature maps of a convolution are added up, each weighted by how much the score rises with it, and what is
    below zero is left out. Source: Selvaraju et al. 2017.
    """

    caption: ClassVar[str] = "Grad-CAM"
    formula: ClassVar[str] = "max(0, Σ mean(∂score/∂mapₖ) · mapₖ)"
    when: ClassVar[str] = "Use it first for pictures and sound: it is the fastest, and coarse."
    limits: ClassVar[str] = "It is as coarse as the feature maps, and shows only what speaks for the answer."
    target: ClassVar[str] = "engine.evaluation.explaining.grad_cam"
    synonyms: ClassVar[tuple[str, ...]] = ("cam", "class activation map", "heat map")
    signed: ClassVar[bool] = False
    needs_convolution: ClassVar[bool] = True
    layer: str = attribute(
        "", label="Layer", help="The convolution that is looked at; left empty, the last one that still has a map."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegratedGradients(Explainer):
    """Adds up how the score changes on the way from a baseline to the sample.

    Tokens and classes are followed from the output of their embedding. Where the parts do not add up to the score, the
    way is taken in smaller steps. Source: Sundararajan, Taly and Yan 2017.
    """

    caption: ClassVar[str] = "Integrated gradients"
    formula: ClassVar[str] = "(x − baseline) · ∫ ∂score/∂x along the way"
    when: ClassVar[str] = "Use it for fine detail: each pixel, word or moment gets its share of the score."
    limits: ClassVar[str] = "What is equal to the baseline gets nothing, even where it matters."
    target: ClassVar[str] = "engine.evaluation.explaining.integrated_gradients"
    synonyms: ClassVar[tuple[str, ...]] = ("ig", "gradient", "saliency", "attribution")
    sums: ClassVar[bool] = True
    baseline: Literal["average", "nothing", "blurred"] = attribute("average", help=_BASELINE)
    steps: int = attribute(32, minimum=8, maximum=512, advanced=True, help="Steps on the way, at the least.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Occlusion(Explainer):
    """Covers one part after the other and looks how far the score falls.

    A window is moved over a picture, a spectrogram or a series; words and columns are covered one by one.
    Source: Zeiler and Fergus 2014.
    """

    formula: ClassVar[str] = "score − score with the part covered"
    when: ClassVar[str] = "Use it when in doubt: it asks nothing of the network, and is easy to explain."
    limits: ClassVar[str] = "Two parts that stand in for each other both seem not to matter."
    target: ClassVar[str] = "engine.evaluation.explaining.occlusion"
    synonyms: ClassVar[tuple[str, ...]] = ("mask", "cover", "ablation", "perturbation")
    baseline: Literal["average", "nothing", "blurred"] = attribute("average", help=_BASELINE)
    window: float = attribute(
        0.2, minimum=0.02, maximum=0.8, help="Side of the window, as a share of the picture's or the series'."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Shap(Explainer):
    """Shares the score out fairly: what each part adds, averaged over every order in which the parts could come.

    Columns and words are put together in many ways (Kernel SHAP; all of them, up to eleven parts); pictures, sound and
    series are compared with samples of the training data along the way (Gradient SHAP, expected gradients).
    Sources: Lundberg and Lee 2017; Erion et al. 2021.
    """

    caption: ClassVar[str] = "SHAP"
    formula: ClassVar[str] = "Σ weight(S) · (score(S with the part) − score(S))"
    when: ClassVar[str] = "Use it for tables and words: the parts add up to the score, compared with usual samples."
    limits: ClassVar[str] = "Parts that go together share what either of them says."
    target: ClassVar[str] = "engine.evaluation.explaining.shap"
    synonyms: ClassVar[tuple[str, ...]] = ("shapley", "kernel shap", "gradient shap", "expected gradients")
    sums: ClassVar[bool] = True
    samples: int = attribute(1024, minimum=64, maximum=20_000, help="Ways of putting the parts together, at the most.")
    background: int = attribute(
        32, minimum=1, maximum=500, help="Training samples that stand for what is usual, at the most."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lime(Explainer):
    """Fits a simple straight-line model to the answers around the sample, and reads what each part weighs in it.

    Parts are patches of like colour, words, columns or stretches of time, left out at random; the less is left out,
    the more an answer counts. Source: Ribeiro, Singh and Guestrin 2016.
    """

    caption: ClassVar[str] = "LIME"
    formula: ClassVar[str] = "weights of the ridge regression score ≈ w · parts kept + b"
    when: ClassVar[str] = "Use it as a second opinion that does not look inside the network."
    limits: ClassVar[str] = "It is drawn at random, and true only near this sample; the fit says how well it holds."
    target: ClassVar[str] = "engine.evaluation.explaining.lime"
    synonyms: ClassVar[tuple[str, ...]] = ("local", "surrogate", "superpixel")
    baseline: Literal["average", "nothing", "blurred"] = attribute("average", help=_BASELINE)
    samples: int = attribute(400, minimum=50, maximum=10_000, help="How many variants of the sample are answered.")
    parts: int = attribute(40, minimum=4, maximum=200, help="Into how many patches a picture is cut.")


EXPLAINERS: tuple[type[Explainer], ...] = (GradCam, IntegratedGradients, Shap, Lime, Occlusion)
"""In the order in which they are offered."""


def explainer_type(name: str) -> type[Explainer] | None:
    """The way of that name, in any spelling: "GradCam", "grad-cam", also "ig", "shapley"; None where there is none."""
    wanted = _plain(name)
    return next(
        (item for item in EXPLAINERS if wanted in map(_plain, (item.__name__, item.label(), *item.synonyms))), None
    )


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
