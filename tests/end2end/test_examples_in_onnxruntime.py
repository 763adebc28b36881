"""Every example project: the exported file answers every sample of the test split as torch does, to 1e-5.

The quick suite compares up to 1,000 of them (test_examples); here none is left out, and both ways of writing the file.
"""

from pathlib import Path

import pytest
import torch

from engine.deployment.export import export_network, open_run
from engine.deployment.form import FileForm
from engine.training.runs import find_run
from tests.end2end.command import ROOT, netwright

EXAMPLES = sorted(path.parent.name for path in (ROOT / "projects").glob("*/project.json"))
LARGEST = 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_test_sample_is_answered_the_same(
    example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    project = tmp_path / example
    netwright("new", str(project), "--from", example)
    netwright("train", str(project), "--epochs", "1")
    opened = open_run(project, find_run(project, "best"))
    count = len(opened.dataset.split_indices("test"))
    for form in (FileForm(), FileForm(contents="network", optimised=True)):
        made = export_network(
            opened.project,
            opened.network,
            opened.dataset,
            tmp_path / "model.onnx",
            description=opened.description,
            form=form,
            samples=count,
        )
        proof = made.verified
        with capsys.disabled():
            print(
                f"\n{example}, {form.contents}: {proof.same_answers:,} of {proof.samples:,} test samples answered the "
                f"same, largest difference {proof.max_abs_difference:.1e}, {proof.score_name} {proof.score:.4f}"
            )
        assert proof.samples == proof.same_answers == count
        assert proof.max_abs_difference <= LARGEST
