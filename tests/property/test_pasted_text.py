"""Whatever is on the clipboard, pasting gives an edit that can be done and undone, or an answer in words."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checks.inference import ShapeChecker
from engine.document.edits import apply
from engine.document.files import to_bytes
from engine.document.project import Project
from engine.errors import GraphError
from gui.design.paste_text import read_paste
from gui.design.torch_text import read_torch
from tests.gui.drawn_networks import residual_network

_WORDS = st.sampled_from(
    [
        *("nn.Conv2d(", "nn.Linear(", "nn.ReLU()", "nn.Sequential(", "(0): ", "(a): ", "3 x ", ")", "(", "[", "]", ","),
        *(
            "1",
            "-1",
            "32",
            "3.5",
            "1e400",
            "kernel_size=",
            "padding='same'",
            "bias=False",
            "**k",
            "*a",
            "lambda: ",
            "\n",
        ),
        *("class Net(nn.Module):\n", "    def __init__(self):\n", "        self.a = ", "    def forward(self, x):\n"),
        *(
            "        x = self.a(x)\n",
            "        return x + x\n",
            "F.relu(x)",
            "torch.cat([x, x])",
            "for i in range(3):",
            " ",
        ),
        *(
            " > ",
            "conv 64",
            "relu",
            "{",
            "}",
            '"nodes":',
            '"type": "ReLU"',
            '"edges": []',
            ":",
            "\0",
            "\ud83d",
            "é",
            "'",
        ),
        *(
            "OrderedDict([('x', ",
            "x.view(x.size(0), -1)",
            "range(",
            "x = ",
            "if x:",
            "\t",
            "        ",
            "await ",
            "%",
            "@",
        ),
    ]
)
_CODE = """class Net(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(1, w, 3, padding=1), nn.ReLU())
        self.b = nn.Linear(w * 49, 10)
    def forward(self, x):
        x = self.a(x)
        x = torch.flatten(x, 1) + F.relu(x)
        return self.b(x)
"""
_TEXTS = st.one_of(st.lists(_WORDS, max_size=40).map("".join), st.text(max_size=80))


def _survives(text: str) -> None:
    project = residual_network()
    before = to_bytes(project)
    try:
        pasted = read_paste(text, project, ShapeChecker(project), 0, 0)
    except GraphError as refused:
        assert refused.message and refused.hint
        assert to_bytes(project) == before
        return
    inverse = apply(project, pasted.edit)
    assert set(pasted.made) <= set(project.graph.nodes)
    apply(project, inverse)
    assert to_bytes(project) == before


@settings(max_examples=250, deadline=None)
@given(_TEXTS)
def test_any_text(text: str) -> None:
    _survives(text)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_code(data: st.DataObject) -> None:
    """Real code with a piece cut out, doubled or swapped."""
    text = _CODE
    for _cut in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(["", text[start:end] * 2, "(", ")", "x", "\n"])) + text[end:]
    _survives(text)


def test_read_torch_never_raises_on_an_empty_project() -> None:
    project = Project(name="new")
    assert read_torch("nn.Sequential()").parts == []
    try:
        read_paste("nn.Sequential()", project, ShapeChecker(project), 0, 0)
    except GraphError:
        pass
