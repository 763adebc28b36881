"""Datasets stay open between requests: shared, few, and opened again when asked."""

import threading
from pathlib import Path

from engine.document.data_spec import DataSpec, Split
from engine.server.datasets import KEPT, OpenDatasets


class Opener:
    def __init__(self):
        self.count = 0

    def __call__(self, project_dir, data, *, progress, cancelled):
        self.count += 1
        return f"{project_dir.name} {data.split.seed} {self.count}"


def get(datasets, name="p", seed=1, **more):
    data = DataSpec(split=Split(seed=seed))
    return datasets.get(Path(name), data, progress=lambda *_: None, cancelled=lambda: False, **more)


def test_the_same_project_and_spec_share_one():
    opener = Opener()
    datasets = OpenDatasets(opener)
    assert get(datasets) == get(datasets) == "p 1 1"
    assert get(datasets, seed=2) == "p 2 2"
    assert get(datasets, "q") == "q 1 3"
    assert get(datasets, fresh=True) == "p 1 4"
    assert get(datasets) == "p 1 4"


def test_only_a_few_are_kept():
    opener = Opener()
    datasets = OpenDatasets(opener)
    for seed in range(KEPT + 1):
        get(datasets, seed=seed)
    get(datasets, seed=KEPT)
    assert opener.count == KEPT + 1
    get(datasets, seed=0)
    assert opener.count == KEPT + 2


def test_one_that_could_not_be_opened_is_tried_again():
    class Failing(Opener):
        def __call__(self, *arguments, **keywords):
            result = super().__call__(*arguments, **keywords)
            if self.count == 1:
                raise OSError("gone")
            return result

    datasets = OpenDatasets(Failing())
    try:
        get(datasets)
    except OSError:
        pass
    assert get(datasets) == "p 1 2"


def test_two_threads_that_want_the_same_wait_for_one_opening():
    opener = Opener()
    gate = threading.Event()

    def slow(*arguments, **keywords):
        gate.wait(60)
        return opener(*arguments, **keywords)

    datasets = OpenDatasets(slow)
    results = []
    threads = [threading.Thread(target=lambda: results.append(get(datasets))) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert results == ["p 1 1"] * 4
