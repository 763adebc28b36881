"""Dbn: does it help to dream of digits before learning their names?"""

import json
from collections.abc import Iterator
from statistics import fmean

from tests.examples.score import Score
from tests.examples.trained import Trained

SEEDS = (8, 9)
FEW = 100


def scores(trained: Trained) -> Iterator[Score]:
    """Accuracy with 1,000 labels after both machines have dreamt, and of the same network trained from its random
    start by the last phase alone; three seeds each, all on the same split."""
    seeds = [f"seed={seed}" for seed in SEEDS]
    deep = [trained.metric("accuracy"), *(trained.train(sets=[seed]).metric("accuracy") for seed in seeds)]
    tuned = f"recipe.phases={json.dumps(_last_phase(trained))}"
    random = [trained.train(sets=[tuned, *more]).metric("accuracy") for more in ([], *([seed] for seed in seeds))]
    yield Score("accuracy with 1,000 labels", deep[0], at_least=0.94)
    yield Score("the same, mean of three seeds", fmean(deep), at_least=fmean(random) + 1e-6)
    yield Score("from a random start, mean of three seeds", fmean(random))
    few = [f"recipe.phases.2.samples={FEW}"]
    rewarded = trained.train(sets=few).metric("accuracy")
    alone = trained.train(sets=[f"recipe.phases={json.dumps(_last_phase(trained, samples=FEW))}"]).metric("accuracy")
    yield Score(f"accuracy with {FEW} labels", rewarded, at_least=alone + 1e-6)
    yield Score(f"from a random start with {FEW} labels", alone)


def _last_phase(trained: Trained, **changes: object) -> list[dict[str, object]]:
    phases = json.loads((trained.folder / "project.json").read_text(encoding="utf-8"))["recipe"]["phases"]
    return [{**phases[-1], **changes}]
