"""A run begins with the weights its nodes name; what does not fit is told, and what is frozen stays as it came."""

from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import save_file
from small_tasks import Rig, class_data, classifier, one_phase, optimizer

from engine.checks.inference import ShapeChecker
from engine.document.edits import SetFrozen, SetWeights, apply
from engine.document.files import to_bytes
from engine.document.project import Project
from engine.document.recipe import Phase
from engine.errors import TrainingError
from engine.protocol.run_events import RunNote
from engine.training.run import RunProcess
from engine.training.run_log import whole_log
from engine.training.runs import create_run
from engine.training.start_weights import begin_with_files
from engine.training.task import prepare_task
from tests.drawn_blocks import with_blocks

HIDDEN = (("hidden", "Linear", {"out_features": 5}), ("norm", "BatchNorm1d", {}), ("relu1", "ReLU", {}))


def small() -> Project:
    recipe = one_phase(Phase(epochs=2, batch_size=16, players=(optimizer("SGD", lr=0.1, weight_decay=0.1),)))
    return classifier(*HIDDEN, recipe=recipe)


def given(folder: Path, name: str = "found", **changed: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """A file for the nodes of `small`, but for what is changed; None leaves a tensor out."""
    generator = torch.Generator().manual_seed(5)
    tensors: dict[str, torch.Tensor | None] = {
        "body.hidden.weight": torch.randn(5, 6, generator=generator),
        "body.hidden.bias": torch.randn(5, generator=generator),
        "norm.weight": torch.rand(5, generator=generator) + 0.5,
        "norm.bias": torch.randn(5, generator=generator),
        "norm.running_mean": torch.randn(5, generator=generator),
        "norm.running_var": torch.rand(5, generator=generator) + 0.5,
    }
    tensors.update({key.replace("__", "."): value for key, value in changed.items()})
    held = {key: value for key, value in tensors.items() if value is not None}
    (folder / "weights").mkdir(exist_ok=True)
    save_file(held, folder / "weights" / f"{name}.safetensors")
    return held


def pretrained(frozen: bool) -> Project:
    project = small()
    apply(project, SetWeights(id="hidden", weights="found#body.hidden"))
    apply(project, SetWeights(id="norm", weights="found"))
    if frozen:
        apply(project, SetFrozen(ids=("hidden", "norm"), frozen=True))
    return project


def test_nodes_begin_with_what_they_name(tmp_path: Path) -> None:
    held = given(tmp_path)
    project = pretrained(frozen=False)
    task = prepare_task(project, class_data())
    fresh = {name: value.clone() for name, value in task.network.state_dict().items()}
    done, warnings = begin_with_files(task.network, project, tmp_path)
    task.close()
    state = task.network.state_dict()
    assert torch.equal(state["hidden.weight"], held["body.hidden.weight"])
    assert torch.equal(state["norm.running_var"], held["norm.running_var"])
    assert torch.equal(state["scores.weight"], fresh["scores.weight"])
    assert done == ["2 layers began with the weights 'found'."] and warnings == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"norm__running_mean": None}, "there is no 'norm.running_mean' among them"),
        ({"norm__bias": torch.zeros(4)}, "'norm.bias' is of the size 4, and it needs 5"),
    ],
)
def test_what_does_not_fit_is_told_and_left_as_it_was(
    changed: dict[str, torch.Tensor | None], said: str, tmp_path: Path
) -> None:
    given(tmp_path, **changed)
    project = pretrained(frozen=False)
    task = prepare_task(project, class_data())
    fresh = task.network.state_dict()["norm.weight"].clone()
    done, (warning,) = begin_with_files(task.network, project, tmp_path)
    task.close()
    assert said in warning and "norm:" in warning
    assert done == ["1 layer began with the weights 'found'."]
    assert torch.equal(task.network.state_dict()["norm.weight"], fresh)
    apply(project, SetFrozen(ids=("norm",), frozen=True))
    with pytest.raises(TrainingError, match="'norm' is frozen and has no weights to begin with"):
        begin_with_files(task.network, project, tmp_path)


def test_a_file_that_is_gone_or_damaged_is_told(tmp_path: Path) -> None:
    project = pretrained(frozen=False)
    network = prepare_task(project, class_data()).network
    _done, (warning,) = begin_with_files(network, project, tmp_path)
    assert "no file found.safetensors in the folder weights" in warning
    given(tmp_path)
    path = tmp_path / "weights" / "found.safetensors"
    path.write_bytes(path.read_bytes()[:-20])
    _done, (warning,) = begin_with_files(network, project, tmp_path)
    assert "cannot be read" in warning


def test_half_precision_weights_fill_a_full_one(tmp_path: Path) -> None:
    half = {key: value.half() for key, value in given(tmp_path).items()}
    save_file(half, tmp_path / "weights" / "found.safetensors")
    network = prepare_task(pretrained(frozen=False), class_data()).network
    begin_with_files(network, pretrained(frozen=False), tmp_path)
    assert network.state_dict()["hidden.weight"].dtype is torch.float32
    assert torch.equal(network.state_dict()["hidden.weight"], half["body.hidden.weight"].float())


def test_an_instance_of_a_block_begins_with_its_file(tmp_path: Path) -> None:
    from engine.compiler.module import compile_project

    donor = compile_project(with_blocks(repeat=2))
    held = {
        key.replace("block1__2__", "2.").replace("block1__", ""): torch.randn_like(value)
        for key, value in donor.state_dict().items()
        if key.startswith("block1__") and value.is_floating_point()
    }
    (tmp_path / "weights").mkdir()
    save_file(held, tmp_path / "weights" / "residual.safetensors")
    project = with_blocks(repeat=2)
    apply(project, SetWeights(id="block1", weights="residual#"))
    network = compile_project(project)
    done, warnings = begin_with_files(network, project, tmp_path)
    assert done == ["6 layers began with the weights 'residual'."] and warnings == []
    assert torch.equal(network.state_dict()["block1__2__conv2.weight"], held["2.conv2.weight"])
    assert torch.equal(network.state_dict()["block1__bn1.running_mean"], held["bn1.running_mean"])


def test_a_frozen_part_is_the_same_after_training_statistics_too(tmp_path: Path) -> None:
    """Weight decay, momentum and running statistics leave it alone; its normalization answers as in evaluation."""
    held = given(tmp_path)
    project = pretrained(frozen=True)
    rig = Rig(tmp_path, project, class_data())
    rig.folder.project_file.write_bytes(to_bytes(project))

    rig.run(begin=lambda task: begin_with_files(task.network, project, tmp_path))
    after = rig.weights("last")
    for name, value in held.items():
        assert torch.equal(after[name.removeprefix("body.")], value), name
    head = rig.weights("last")["scores.weight"]
    assert not torch.equal(head, prepare_task(project, class_data()).network.state_dict()["scores.weight"])
    network = prepare_task(project, class_data()).network.train()
    begin_with_files(network, project, tmp_path)
    batch = torch.randn(8, 6, generator=torch.Generator().manual_seed(3)) * 4 + 7
    training = network.training_forward(batch, torch.zeros(8, dtype=torch.long))[0][0]
    assert torch.allclose(training, network.eval()(batch)[0], atol=1e-6)


def test_a_frozen_normalization_in_a_block_answers_as_in_evaluation() -> None:
    from engine.compiler.module import compile_project
    from tests.drawn_networks import random_inputs

    project = with_blocks()
    apply(project, SetFrozen(ids=("block1",), frozen=True))
    network = compile_project(project)
    before = {name: value.clone() for name, value in network.state_dict().items() if "block1" in name}
    network.training_forward(*random_inputs(network, project, 4))
    after = network.state_dict()
    assert before and all(torch.equal(value, after[name]) for name, value in before.items())
    assert not network.get_submodule("block1__bn1").training


def test_weights_are_the_same_whatever_the_seed(tmp_path: Path) -> None:
    held = given(tmp_path)
    for seed in (1, 2):
        project = pretrained(frozen=True)
        project.recipe = msgspec.structs.replace(project.recipe, seed=seed)
        network = prepare_task(project, class_data()).network
        begin_with_files(network, project, tmp_path)
        assert torch.equal(network.state_dict()["hidden.bias"], held["body.hidden.bias"])


def test_a_run_says_what_is_frozen_as_chance_made_it(tmp_path: Path) -> None:
    project = small()
    apply(project, SetFrozen(ids=("hidden",), frozen=True))
    process = RunProcess(create_run(tmp_path, project), device="", resume=False)
    task = prepare_task(project, class_data())
    process._begin_with(task, tmp_path, ShapeChecker(project))
    task.close()
    (note,) = (event for event in whole_log(process.folder) if isinstance(event, RunNote))
    assert note.warning and note.text.startswith("Linear 'hidden' is frozen, and nothing gives it weights")
