"""The steps of the guided tour, as data: what is said, which widget is pointed at, and what the tour offers to do.

`done` and `do` are names of `conditions` and `actions`. A step is never in the way: the next one can always be gone to.
"""

from dataclasses import dataclass, replace
from typing import Final

PLAYGROUND: Final = "playground"
GARMENTS: Final = "garments"


@dataclass(frozen=True, kw_only=True, slots=True)
class TourStep:
    """One card.

    `tab` is shown when the step begins. `at` are object names of widgets, of which the first to be seen gets the
    frame; "design.canvas:Linear" is the first card of that type. Until `done` holds, the main button is `offer`, which
    does `do` (left out in a step about an example, it is what is named like `done`); with no `done` the main button
    goes on. `project` is the example the step is about. `only_with` leaves a step out where there is no widget of that
    name in its tab. A step with `done` and no `offer` waits for nobody: it says when what it tells of is over.
    """

    key: str
    title: str
    text: str
    tab: str = ""
    at: tuple[str, ...] = ()
    done: str = ""
    offer: str = ""
    do: str = ""
    project: str = ""
    only_with: str = ""


def _about(project: str, steps: tuple[TourStep, ...]) -> tuple[TourStep, ...]:
    """The steps about one example. What makes `done` hold bears its name, where no step says otherwise."""
    return tuple(replace(step, project=project, do=step.do or (step.done if step.offer else "")) for step in steps)


_WELCOME: Final = TourStep(
    key="welcome",
    title="How a network learns",
    text="This tour goes through a small network, from what comes in to where it goes wrong, on the real window. "
    "Do whatever you like in between. Enter goes on, ← goes back, Esc ends the tour; it remembers the place.",
    done="example:playground",
    offer="Open the playground",
    do="open:playground",
)

_IN_THE_PLAYGROUND: Final = (
    TourStep(
        key="samples",
        title="Samples: what it learns from",
        text="Each sample has inputs, here the two numbers x and y of a point, and the right answer, here the "
        "point's class. The network sees many of them. Later it should answer for points it has never seen.",
        tab="data",
        at=("data.points.card", "data.table", "data.samples"),
    ),
    TourStep(
        key="input",
        title="The input",
        text="Here a sample enters the network. Its numbers flow along the links to the right; on each link stands "
        "how many there are. A picture or a text is numbers too, only more of them.",
        tab="design",
        at=("design.canvas:Input", "design.canvas"),
    ),
    TourStep(
        key="weights",
        title="Weights: what can be learned",
        text="This layer has units. Each multiplies every number that comes in with a weight of its own and adds them "
        "up. All weights begin as small chance numbers. To learn means to find better ones. Select the layer: the "
        "form on the right says how many it has.",
        tab="design",
        at=("design.canvas:Linear", "design.canvas"),
        done="selected:Linear",
        offer="Select it",
        do="select:Linear",
    ),
    TourStep(
        key="numbers",
        title="One step, in numbers",
        text="Training is made of many small steps. One of them can be looked at with every number in it: one sample "
        "goes through, and the weights are moved a little. Nothing is changed by looking.",
        tab="design",
        at=("design.step.open", "design.canvas"),
        done="step.open",
        offer="Show the numbers",
    ),
    TourStep(
        key="forward",
        title="Forward pass",
        text="Node after node is computed from those before. The lit node's sums stand below with the real numbers: "
        "weight · input + … + bias. The bend behind it (Tanh, ReLU) lets the network draw more than straight lines. "
        "→ in the panel goes on node by node.",
        tab="design",
        at=("design.step",),
        done="step.forward",
        offer="Play it",
    ),
    TourStep(
        key="loss",
        title="The loss: how wrong it is",
        text="At the end of the way forward stands one number: the loss. It compares the answer with the truth. The "
        "surer the network is of the right class, the nearer the loss is to 0. Training makes it smaller.",
        tab="design",
        at=("design.step",),
        done="step.loss",
        offer="Go to the loss",
    ),
    TourStep(
        key="back",
        title="Backpropagation",
        text="Now the way back. For each number the question is: if it were a little larger, how would the loss "
        "change? That is its gradient. It is made of the gradients behind it, so one walk back finds all of them; ∂ "
        "on the links are these numbers.",
        tab="design",
        at=("design.step",),
        done="step.backward",
        offer="Play it back",
    ),
    TourStep(
        key="optimizer",
        title="The optimizer moves the weights",
        text="Each weight has a gradient now: the one of its unit, times the number the weight was multiplied with. "
        "The optimizer moves each weight a little against its gradient. How far, the learning rate says: the weight "
        "before, and after.",
        tab="design",
        at=("design.step",),
        done="step.update",
        offer="Show new weights",
    ),
    TourStep(
        key="after",
        title="A little less wrong",
        text="With the new weights the same sample is answered a little better: the loss before the step, and after "
        "it. That is all there is to learning.",
        tab="design",
        at=("design.step",),
        done="step.after",
        offer="Show the loss",
    ),
    TourStep(
        key="again",
        title="And again",
        text="One step is not much. The next one goes on with the new weights, and with another sample. Tick 'Same "
        "sample' to see the same one answered better step by step; later ones will be answered better too.",
        tab="design",
        at=("design.step",),
        done="step.second",
        offer="Take the next step",
    ),
    TourStep(
        key="train",
        title="Training: thousands of steps",
        text="The Train button takes such steps by itself, several samples at once. Once through all samples is an "
        "epoch. You can go on with everything else while it trains.",
        at=("train.start",),
        done="run.any",
        offer="Train",
        do="train",
    ),
    TourStep(
        key="epochs",
        title="Epoch after epoch",
        text="Each point of the curve is an epoch. One line is the loss on the samples it learns from, the other on "
        "samples it only tries itself on. Both should fall. When they stay level, it has learned what it can.",
        tab="train",
        at=("train.loss", "train.side"),
        done="run.over",
    ),
    TourStep(
        key="surface",
        title="What it would answer everywhere",
        text="The coloured plane shows the network's answer for every point, not only for those it was shown. Watch "
        "how it bends around the samples while it learns; the slider goes back in time.",
        tab="train",
        at=("train.decision_surface",),
        only_with="train.decision_surface",
    ),
    TourStep(
        key="test_set",
        title="The test set",
        text="Not all samples are learned from. Some are put aside: those of the validation split choose the best "
        "epoch, those of the test split are looked at only now. A test is fair only with questions one has not "
        "practised.",
        tab="evaluate",
        at=("evaluate.scores", "evaluate.start"),
        done="scored",
        offer="Score it",
        do="score",
    ),
    TourStep(
        key="few",
        title="Overfitting, on purpose",
        text="What if there is little to learn from? Here the samples are dealt out. Keep 1 in 10 for learning: the "
        "network can then learn them by heart instead of finding the rule. It is an edit like any other; Ctrl+Z takes "
        "it back.",
        tab="data",
        at=("data.split",),
        done="few",
        offer="Keep 1 in 10",
    ),
    TourStep(
        key="train_few",
        title="Train again",
        text="The same network, the same recipe, a tenth of the samples. The first run stays in the list, so that "
        "both can be compared.",
        at=("train.start",),
        done="run.new",
        offer="Train",
        do="train",
    ),
    TourStep(
        key="overfitting",
        title="Learned by heart",
        text="The training loss falls to almost nothing, and the validation loss does not follow, or rises again. "
        "That gap is overfitting. What helps: more samples, a smaller network, Dropout, stopping early. Put the "
        "samples back when you have seen enough.",
        tab="train",
        at=("train.loss", "train.side"),
        done="many",
        offer="Put them back",
    ),
)

_TO_PICTURES: Final = TourStep(
    key="garments",
    title="The same with pictures",
    text="Nothing of this is special to points. Garments has pictures of clothing and ten classes. Its network "
    "is longer; it learns by the very same steps.",
    done="example:garments",
    offer="Open garments",
    do="open:garments",
)

_WITH_GARMENTS: Final = (
    TourStep(
        key="convolution",
        title="A layer for pictures",
        text="A convolution slides a small table of weights over the picture: at each place the same sum, weight · "
        "pixel + … So a few weights find an edge wherever it is. Here, too, a step can be seen in numbers.",
        tab="design",
        at=("design.step", "design.canvas:Conv2d", "design.canvas"),
        done="step.conv",
        offer="Show its numbers",
    ),
    TourStep(
        key="use",
        title="And then: use it",
        text="Train garments, look in Evaluate which classes it mixes up, and try it here on a picture of your own. "
        "The network becomes a file that other programs can use. F1 helps wherever you are; this tour is in the "
        "menu.",
        tab="use",
        at=("use.try", "tabs"),
    ),
)

STEPS: Final = (
    _WELCOME,
    *_about(PLAYGROUND, _IN_THE_PLAYGROUND),
    _TO_PICTURES,
    *_about(GARMENTS, _WITH_GARMENTS),
)


ENDED: Final = "ended"
"""What is remembered when the tour was gone through."""


def begun(key: str) -> bool:
    """Whether the tour was left in the midst, at the step that is remembered."""
    return key not in ("", ENDED, STEPS[0].key)


def tour_words(key: str) -> str:
    """What a button is called that opens the tour, by the step that is remembered."""
    if not begun(key):
        return "Guided tour"
    return f"Go on with the guided tour ({place_of(key) + 1} of {len(STEPS)})"


def place_of(key: str) -> int:
    """Where a step stands; 0 for one that is no more."""
    return next((place for place, step in enumerate(STEPS) if step.key == key), 0)
