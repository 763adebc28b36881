"""Networks from torch's exporter become layers of the catalog, and answer as they did."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from foreign_models import asked, exported, from_file
from torch import Tensor, nn

from engine.deployment.foreign.report import notes_on

pytestmark = pytest.mark.filterwarnings("ignore")


class Residual(nn.Module):
    """A small ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.first, self.second = nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 1, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = F.relu(x + self.second(F.relu(self.first(x))))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Squeezed(nn.Module):
    """A block of MobileNetV3."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Sequential(
            nn.Conv2d(3, 8, 3, 1, 1), nn.Hardswish(), nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.SiLU()
        )
        self.down, self.up, self.head = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.wide(x)
        x = x * F.hardsigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))
        return self.head(x.mean((2, 3)))


class Unet(nn.Module):
    """Down, up and a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3, 1, 1), nn.Conv2d(4, 8, 3, 1, 1), nn.Conv2d(8, 2, 1)
        self.up = nn.ConvTranspose2d(8, 4, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool2d(a, 2)))
        return self.c(torch.cat([self.up(b), F.interpolate(F.avg_pool2d(a, 2), scale_factor=2, mode="bilinear")], 1))


class Encoder(nn.Module):
    """Tokens, places, two transformer layers."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(30, 16), nn.Parameter(torch.randn(1, 6, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, activation="gelu", norm_first=True)
        self.layers, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(self.tokens(x) + self.places).mean(1))


class Vision(nn.Module):
    """A small ViT."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = nn.Conv2d(3, 16, 8, 8)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 16)), nn.Parameter(torch.randn(1, 17, 16))
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu", norm_first=True)
        self.layers, self.head = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.cut(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.layers(x)[:, 0])


class Reader(nn.Module):
    """Two recurrent layers, one behind the other."""

    def __init__(self, kind: type[nn.Module], *, both: bool) -> None:
        super().__init__()
        self.layers = kind(5, 7, 2, batch_first=True, bidirectional=both)
        self.head = nn.Linear(14 if both else 7, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(x)[0])


PICTURE = torch.randn(3, 3, 32, 32)
NETWORKS = {
    "residual": (Residual, PICTURE, {"Conv2d", "ReLU", "Add", "Linear", "MaxPool2d"}),
    "squeezed": (Squeezed, PICTURE, {"Conv2d", "Hardswish", "SiLU", "Hardsigmoid", "Multiply", "Linear"}),
    "unet": (Unet, PICTURE, {"Conv2d", "ConvTranspose2d", "Upsample", "Concatenate"}),
    "encoder": (Encoder, torch.randint(0, 30, (3, 6)), {"Embedding", "MultiheadAttention", "LayerNorm", "GELU"}),
    "vision": (Vision, PICTURE, {"Conv2d", "ClassToken", "LearnedTensor", "MultiheadAttention", "LayerNorm"}),
    "lstm": (lambda: Reader(nn.LSTM, both=True), torch.randn(3, 6, 5), {"LSTM", "Linear"}),
    "gru": (lambda: Reader(nn.GRU, both=False), torch.randn(3, 6, 5), {"GRU", "Linear"}),
    "rnn": (lambda: Reader(nn.RNN, both=False), torch.randn(3, 6, 5), {"RNN", "Linear"}),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("fixed", [False, True], ids=["any batch", "one sample"])
def test_a_torch_network_becomes_layers_and_answers_the_same(name: str, fixed: bool, tmp_path: Path) -> None:
    make, given, layers = NETWORKS[name]
    torch.manual_seed(3)
    network = make()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
        read, found = from_file(exported(network, given, tmp_path / "net.onnx", fixed=fixed))
        wanted = network.eval()(given)
    (answer,) = asked(read, found, given)
    assert torch.allclose(answer, wanted, atol=1e-5)
    assert found.facts.batch_free, "a file written for one sample is brought to any number of them"
    assert not found.imported.opaque
    assert layers <= set(found.imported.mapped)


def test_gradients_reach_every_weight(tmp_path: Path) -> None:
    read, found = from_file(exported(Encoder(), torch.randint(0, 30, (2, 6)), tmp_path / "net.onnx"))
    network = found.network.train()
    network(torch.randint(0, 30, (2, 6)))[0].sum().backward()
    assert read.operators > len(found.imported.project.graph.nodes)
    missing = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert not missing


def test_nodes_are_laid_out_without_lying_on_each_other(tmp_path: Path) -> None:
    _, found = from_file(exported(Residual(), PICTURE, tmp_path / "net.onnx"))
    places = [(node.x, node.y) for node in found.imported.project.graph.nodes.values()]
    assert len(set(places)) == len(places)


def test_a_network_that_looks_from_one_sample_to_the_next_is_not_batched(tmp_path: Path) -> None:
    class Steps(nn.Module):
        """What comes first are steps of one sequence."""

        def forward(self, x: Tensor) -> Tensor:
            return torch.cumsum(x, 0)

    _, found = from_file(exported(Steps(), torch.randn(2, 3), tmp_path / "net.onnx"))
    assert not found.facts.batch_free
    assert any("samples" in note for note in notes_on(*from_file(tmp_path / "net.onnx")))
