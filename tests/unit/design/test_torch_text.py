"""PyTorch code and printed networks become layers and links; what is not understood is named, and nothing is run."""

import inspect

import pytest
import torch
from torch import nn

from engine.catalog.registry import layers
from gui.design.torch_arguments import argument_names, signatures
from gui.design.torch_text import TorchText, looks_like_torch, read_torch


def types(found: TorchText) -> list[str]:
    return [part.kind.type_name() for part in found.parts]


def links(found: TorchText) -> list[tuple[int, int, int]]:
    return [(wire.source, wire.target, wire.port) for wire in found.wires]


def chain(count: int) -> list[tuple[int, int, int]]:
    return [(number, number + 1, 0) for number in range(count - 1)]


class Small(nn.Module):
    """For its printed form: nested, with names."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding="same"), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(32, 32, (3, 5), padding=1), nn.GELU()) for _ in range(3)])
        self.flatten = nn.Flatten()
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(6272, 10, bias=False)


# The signatures.


@pytest.mark.parametrize("name", sorted(signatures()))
def test_arguments_stand_in_torchs_order(name: str) -> None:
    parameters = list(inspect.signature(getattr(nn, name).__init__).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        pytest.skip("torch declares *args; its page says the order")
    positional = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert signatures()[name] == tuple(positional[: len(signatures()[name])])


def test_every_layer_of_torchs_is_covered() -> None:
    torchs = [kind for kind in layers() if kind.target == f"torch.nn.{kind.type_name()}"]
    assert len(torchs) > 50
    for kind in torchs:
        parameters = inspect.signature(getattr(nn, kind.type_name()).__init__).parameters.values()
        if [item for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD][1:]:
            assert argument_names(kind) == signatures().get(kind.type_name()), kind.type_name()


# Code.


def test_a_sequential() -> None:
    found = read_torch(
        "nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), "
        "nn.Flatten(), nn.Linear(32*14*14, 10))"
    )
    assert types(found) == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert links(found) == chain(5)
    assert found.parts[0].attributes == {"padding": 1}, "32 filters of 3 by 3 are the catalog's own"
    assert found.parts[4].attributes == {"out_features": 10}
    assert found.problems == []


@pytest.mark.parametrize(
    "text",
    [
        "model = torch.nn.Sequential(OrderedDict([('first', nn.Linear(4, 8)), ('act', nn.Tanh())]))",
        "layers = [nn.Linear(4, 8), nn.Tanh()]\nmodel = nn.Sequential(*layers)",
        "nn.Linear(4, 8),\nnn.Tanh(),\n",
        "    self.first = nn.Linear(4, 8)\n    self.act = nn.Tanh()",
        ">>> nn.Sequential(nn.Linear(4, 8),\n...     nn.Tanh())",
        "nn.Sequential(nn.Sequential(Linear(4, 8)), nn.Tanh()).to(device)",
        "layers = []\nlayers.append(nn.Linear(4, 8))\nlayers.append(nn.Tanh())",
        "width = 8\nnn.Sequential(nn.Linear(4, width), nn.Tanh())",
    ],
)
def test_ways_to_write_two_layers(text: str) -> None:
    found = read_torch(text)
    assert types(found) == ["Linear", "Tanh"]
    assert links(found) == [(0, 1, 0)]
    assert found.parts[0].attributes == {"out_features": 8}
    assert found.problems == []


def test_a_class_is_linked_as_forward_calls_it() -> None:
    found = read_torch(
        '''
        import torch
        class Net(nn.Module):
            """Residual."""
            def __init__(self, hidden=96, n=10):
                super().__init__()
                self.conv1 = nn.Conv2d(1, 16, 3, 1, 1)
                self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
                self.body = nn.Sequential(nn.Linear(16 * 14 * 14, hidden), nn.ReLU())
                self.fc = nn.Linear(hidden, n)

            def forward(self, x):
                x = F.relu(self.conv1(x))
                y = self.conv2(x)
                x = F.max_pool2d(x + y, 2)
                x = torch.flatten(x, 1)
                x = self.body(x)
                return F.log_softmax(self.fc(x), dim=1)
        '''
    )
    assert types(found) == [
        *("Conv2d", "ReLU", "Conv2d", "Add", "MaxPool2d", "Flatten", "Linear", "ReLU", "Linear", "LogSoftmax")
    ]
    assert [link for link in links(found) if link[1] == 3] == [(1, 3, 0), (2, 3, 1)]
    assert found.parts[0].name == "conv1" and found.parts[8].name == "fc"
    assert found.parts[6].attributes == {"out_features": 96}
    assert found.parts[9].attributes == {"dim": 1}
    assert found.problems == []


def test_forward_with_cat_view_and_a_loop() -> None:
    found = read_torch(
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)])
        self.out = nn.Linear(16, 2)
    def forward(self, x):
        first = x = self.layers[0](x) if False else x
        for layer in self.layers:
            x = layer(x)
        x = x.view(x.size(0), -1)
        z = torch.cat((x, x.tanh()), dim=1)
        return self.out(z)
"""
    )
    assert types(found) == ["Linear", "Linear", "Flatten", "Tanh", "Concatenate", "Linear"]
    assert links(found) == [(0, 1, 0), (1, 2, 0), (2, 3, 0), (2, 4, 0), (3, 4, 1), (4, 5, 0)]


def test_what_is_unknown_is_named_with_its_line_and_the_rest_taken() -> None:
    found = read_torch("nn.Sequential(\n  nn.Linear(4, 8),\n  nn.Quux(3),\n  nn.Linear(8, width, bias=True),\n)")
    assert types(found) == ["Linear", "Linear"]
    assert found.problems == [
        "Quux is not among the layers here (line 3).",
        "Linear: out_features is not set, “width” is no number here (line 4).",
    ]


def test_a_value_out_of_range_is_left_out() -> None:
    found = read_torch("nn.Dropout(3.0)\nnn.Softmax(dim=None)\nnn.Conv2d(1, 8, kernel_size=(3, 3), stride=(2, 1))")
    assert found.parts[0].attributes == {}
    assert len(found.problems) == 1 and found.problems[0].startswith("Dropout: p=3.0 is left out")
    assert found.parts[1].attributes == {}
    assert found.parts[2].attributes == {"out_channels": 8, "stride": [2, 1]}


def test_recurrent_layers_give_the_sequence_as_torchs_do() -> None:
    found = read_torch("nn.LSTM(10, 20, 2, batch_first=True, bidirectional=True)")
    assert found.parts[0].attributes == {
        **{"hidden_size": 20, "num_layers": 2, "bidirectional": True},
        "result": "sequence",
    }


def test_nothing_is_run(tmp_path) -> None:  # type: ignore[no-untyped-def]
    flag = tmp_path / "flag"
    text = f"nn.Linear(4, open({str(flag)!r}, 'w').write('x'))\n__import__('os').mkdir({str(flag)!r})\nnn.ReLU()"
    found = read_torch(text)
    assert types(found) == ["Linear", "ReLU"]
    assert not flag.exists()


# Printed networks.


def test_a_printed_network() -> None:
    found = read_torch(str(Small()))
    assert types(found) == [
        *("Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"),
        *("Conv2d", "GELU") * 3,
        *("Flatten", "Dropout", "Linear"),
    ]
    assert found.parts[0].attributes == {"padding": "same"}
    assert found.parts[4].attributes == {"kernel_size": [3, 5], "padding": 1}
    assert found.parts[-1].attributes == {"out_features": 10, "bias": False}
    assert found.parts[-1].name == "fc"
    assert links(found) == chain(13)
    assert found.problems == []


def test_printed_lines_alone() -> None:
    found = read_torch("(0): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))\n  (1): ReLU()\n(2): Foo(3)")
    assert types(found) == ["Conv2d", "ReLU"]
    assert found.problems == ["Foo is not among the layers here (line 3)."]


def test_a_printed_attention_layer_stays_one() -> None:
    found = read_torch(str(nn.Sequential(nn.MultiheadAttention(64, 4), nn.TransformerEncoderLayer(64, 4), nn.ReLU())))
    assert types(found) == ["MultiheadAttention", "TransformerEncoderLayer", "ReLU"]
    assert all("settings are not in the text" in problem for problem in found.problems)
    assert len(found.problems) == 2


def test_what_torch_prints_is_what_torch_was_told() -> None:
    """Every layer without inputs of ours: its repr gives the attributes its call gives."""
    calls = [
        "nn.Conv1d(3, 8, 5, stride=2, dilation=2, groups=1, bias=False, padding_mode='circular')",
        "nn.AvgPool2d(3, 2, 1)",
        "nn.GroupNorm(4, 32)",
        "nn.LayerNorm((8, 4))",
        "nn.Embedding(100, 24, padding_idx=0)",
        "nn.LeakyReLU(0.2)",
        "nn.Upsample(scale_factor=4, mode='nearest')",
        "nn.PixelShuffle(3)",
        "nn.AdaptiveAvgPool2d((1, 1))",
    ]
    for call in calls:
        module = eval(call, {"nn": nn})  # noqa: S307 - our own text, to have torch's print of it
        printed = read_torch(f"(0): {module}")
        coded = read_torch(call)
        assert printed.parts[0].attributes == coded.parts[0].attributes, call
        assert printed.problems == coded.problems == [], call


@pytest.mark.parametrize(
    "text", ["", "hello", "(", "-" * 100_000 + "1", "(" * 50_000, "nn.X(" * 300, "1" + "+1" * 60_000]
)
def test_text_without_layers_gives_none(text: str) -> None:
    assert read_torch(text).parts == []


def test_what_is_worth_reading() -> None:
    assert looks_like_torch("nn.ReLU()") and looks_like_torch("(0): ReLU()") and looks_like_torch("Linear(3, 4)")
    assert not looks_like_torch("conv 64 > relu") and not looks_like_torch("a shopping list")


def test_torch_is_the_one_the_table_was_written_for() -> None:
    assert torch.__version__ >= "2"
