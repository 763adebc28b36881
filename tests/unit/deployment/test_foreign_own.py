"""A file that Netwright wrote comes back exactly: same drawing, same preparation, same weights to the bit."""

from pathlib import Path

import pytest
import torch
from foreign_models import exported
from torch import nn

from engine.deployment.export import export_onnx
from engine.deployment.foreign.writing import import_model
from engine.document.files import load
from engine.evaluation.network import load_network
from engine.training.runs import find_run

pytestmark = pytest.mark.filterwarnings("ignore")


class Mixed(nn.Module):
    """Weights that the exporter turns, reorders and lays together: LSTM, attention, square matrices."""

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.LSTM(4, 8, batch_first=True, bidirectional=True)
        self.look = nn.TransformerEncoderLayer(16, 2, 16, batch_first=True, activation="gelu")
        self.wide, self.square, self.head = nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.look(self.wide(x)).mean(1) + self.read(x)[0].mean(1)
        return self.head(torch.relu(self.square(seen)))


@pytest.mark.parametrize("opset", [17, 20])
def test_an_exported_network_comes_back_to_the_bit(opset: int, tmp_path: Path) -> None:
    torch.manual_seed(2)
    foreign = exported(Mixed(), torch.randn(2, 5, 4), tmp_path / "foreign.onnx")
    first = import_model(foreign, tmp_path / "first")
    assert not first.exact and not first.opaque
    run = find_run(tmp_path / "first")
    export_onnx(tmp_path / "first", run, tmp_path / "ours.onnx", opset=opset)

    again = import_model(tmp_path / "ours.onnx", tmp_path / "second")
    assert again.exact and again.nodes == first.nodes
    assert load(tmp_path / "second").graph == load(tmp_path / "first").graph
    assert load(tmp_path / "second").data == load(tmp_path / "first").data
    before = load_network(run).state_dict()
    after = load_network(find_run(tmp_path / "second")).state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert (tmp_path / "second" / "weights" / "imported.safetensors").is_file()


def test_a_file_of_ours_that_was_changed_is_read_as_any_other(tmp_path: Path) -> None:
    foreign = exported(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), torch.randn(2, 4), tmp_path / "foreign.onnx")
    import_model(foreign, tmp_path / "first")
    export_onnx(tmp_path / "first", find_run(tmp_path / "first"), tmp_path / "ours.onnx")
    import onnx

    model = onnx.load(tmp_path / "ours.onnx")
    model.graph.node[-1].op_type = "Neg"
    onnx.save(model, tmp_path / "changed.onnx")
    told = import_model(tmp_path / "changed.onnx", tmp_path / "second")
    assert not told.exact or told.checked.samples
