"""Drawn blocks and networks: they fit together, are as large as published, and compile to what the checks say."""

import pytest
import torch

from engine.catalog.networks.shipped import Shelf, ShippedBlock, shipped
from engine.checks.inference import ShapeChecker
from engine.checks.problem import Severity
from engine.checks.scoped import scoped
from engine.compiler.module import compile_project
from engine.document import edits
from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Node
from engine.document.project import Project

torch.set_num_threads(1)

PARAMETERS = {
    # LeCun and others 1998 in its common form with full connections: 156 + 2,416 + 48,120 + 10,164 + 850.
    "lenet": 61_706,
    # https://docs.pytorch.org/vision/stable/models.html, num_params of the weights' tables.
    "alexnet": 61_100_840,
    "vgg": 138_357_544,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "mobilenet": 3_504_872,
    "efficientnet": 5_288_548,
    "densenet": 7_978_856,
    "vit": 86_567_656,
    # Ronneberger and others 2015, figure 1, counted by its channels: 1, 64 to 1024 and back, 2.
    "unet": 31_030_658,
    # https://huggingface.co/openai-community/gpt2: 124,439,808 with the head tied to the embedding.
    "gpt": 124_439_808,
    # https://huggingface.co/google-bert/bert-base-uncased: BertModel with its pooler.
    "bert": 109_482_240,
    # https://docs.pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html, counted by its layers.
    "dcgangenerator": 3_576_704,
    "dcgandiscriminator": 2_765_568,
    # https://github.com/pytorch/examples/tree/main/vae: 314,000 + 2 × 8,020 + 8,400 + 314,384.
    "autoencoder": 652_824,
    # Embeddings 2 × 2,560,000; GRU 2 × 394,752; attention 263,168; 131,328; head 2,570,000.
    "translator": 8_874_000,
}

_PICTURE = {"lenet": (1, 28), "unet": (1, 64), "dcgandiscriminator": (3, 64)}
_BLOCK_INPUTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "residualdown": ((64, 16, 16),),
    "bottleneck": ((256, 8, 8),),
    "bottleneckdown": ((64, 16, 16),),
    "invertedresidual": ((24, 8, 8),),
    "inception": ((192, 8, 8),),
    "convnext": ((96, 8, 8),),
    "unetstage": ((128, 8, 8), (64, 16, 16)),
    "encoderlayer": ((9, 768),),
    "encodernormfirst": ((9, 768),),
    "causallayer": ((9, 768),),
    "decoderlayer": ((7, 512), (9, 512)),
    "mixer": ((196, 768),),
    "tcn": ((32, 20),),
    "wavenet": ((32, 20),),
    "autoencoder": ((784,),),
    "dcgangenerator": ((100,),),
}
_TOKENS = {"gpt": (50_257,), "bert": (30_522, 2), "translator": (10_000, 10_000)}
"""How many words there are at each input."""


def _shapes(item: ShippedBlock) -> tuple[tuple[int, ...], ...]:
    if item.id in _BLOCK_INPUTS:
        return _BLOCK_INPUTS[item.id]
    channels, size = _PICTURE.get(item.id, (3, 224) if item.shelf is Shelf.NETWORK else (64, 8))
    return ((channels, size, size),)


def _project(item: ShippedBlock) -> Project:
    """The block behind inputs of the right shape, its answers in Outputs that a number is asked of."""
    fields, steps = [], []
    if item.id in _TOKENS:
        for number, words in enumerate(_TOKENS[item.id]):
            tokens = Step(type="Characters", attributes={"length": 12})
            statistics = Statistics(vocabulary=tuple(f"w{word}" for word in range(words - 2)), longest=12)
            fields.append(Field(name=f"x{number}", kind=FieldKind.TEXT, preparation=(tokens,), statistics=statistics))
            steps.append(None)
    else:
        for number, shape in enumerate(_shapes(item)):
            # A row of pixels, brought into the shape that is asked for.
            count = 1
            for size in shape:
                count *= size
            high = max(size for size in range(1, 2049) if (count % size == 0 and count // size >= size) or size == 1)
            preparation = (
                Step(type="Channels", attributes={"mode": "gray"}),
                Step(type="Resize", attributes={"height": high, "width": count // high}),
                Step(type="Scale"),
            )
            statistics = Statistics(shape=(None, None, 1))
            fields.append(
                Field(name=f"x{number}", kind=FieldKind.IMAGE, preparation=preparation, statistics=statistics)
            )
            steps.append(shape)
    target = Field(
        name="price",
        kind=FieldKind.NUMBER,
        role=Role.TARGET,
        preparation=(Step(type="Standardize"),),
        statistics=Statistics(mean=(0.0,), std=(1.0,)),
    )
    project = Project(name="n", data=DataSpec(fields=(*fields, target)))
    for block in item.blocks:
        project.blocks[block.id] = BlockDefinition.of(block)
    project.graph.add(Node(id="net", type="Block", attributes={"block": item.id}))
    for number, port in enumerate(project.blocks[item.id].ports(BLOCK_INPUT)):
        project.graph.add(Node(id=f"x{number}", type="Input", attributes={"fields": [f"x{number}"]}))
        shape = steps[number]
        source = f"x{number}"
        if shape is not None:
            project.graph.add(Node(id=f"s{number}", type="Reshape", attributes={"shape": list(shape)}))
            project.graph.connect(Edge(source=source, target=f"s{number}"))
            source = f"s{number}"
        project.graph.connect(Edge(source=source, target="net", input=port))
    ends = []
    for number, port in enumerate(project.blocks[item.id].ports(BLOCK_OUTPUT)):
        for name, kind in ((f"f{number}", "Flatten"), (f"m{number}", "Mean")):
            project.graph.add(
                Node(id=name, type=kind, attributes={"dim": 1, "keepdim": True} if kind == "Mean" else {})
            )
        project.graph.connect(Edge(source="net", output=port, target=f"f{number}"))
        project.graph.connect(Edge(source=f"f{number}", target=f"m{number}"))
        ends.append(f"m{number}")
    for number, source in enumerate(ends):
        project.graph.add(Node(id=f"o{number}", type="Output", attributes={"field": "price"}))
        project.graph.connect(Edge(source=source, target=f"o{number}", input="prediction"))
    for node in (
        Node(id="price", type="Input", attributes={"fields": ["price"]}),
        Node(id="loss", type="MSELoss"),
    ):
        project.graph.add(node)
    project.graph.connect(Edge(source=ends[0], target="loss", input="prediction"))
    project.graph.connect(Edge(source="price", target="loss", input="target"))
    return project


@pytest.mark.parametrize("item", shipped(), ids=lambda item: item.id)
def test_it_fits_together_and_is_as_large_as_published(item: ShippedBlock) -> None:
    checker = ShapeChecker(_project(item))
    wrong = [problem.message for problem in checker.problems() if problem.node and problem.severity is Severity.ERROR]
    assert not wrong
    seen = scoped(checker)
    assert None not in seen.output_specs("net")
    if item.shelf is Shelf.NETWORK:
        assert seen.cost_of("net").parameters == PARAMETERS[item.id]


@pytest.mark.parametrize("item", shipped(), ids=lambda item: item.id)
def test_torch_gives_the_shapes_that_the_checks_say(item: ShippedBlock) -> None:
    project = _project(item)
    checker = ShapeChecker(project)
    with torch.device("meta"):
        network = compile_project(project).eval()
        inputs = []
        for name in network.input_ids:
            spec = checker.specs[(name, "output")]
            assert spec is not None
            shape = [2, *spec.shape[1:]]
            inputs.append(torch.zeros(shape, dtype=torch.long) if spec.dtype == "int" else torch.zeros(shape))
        answers = network(*inputs)
    assert [tuple(answer.shape) for answer in answers] == [(2, 1)] * len(network.output_ids)
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == checker.total_cost().parameters


@pytest.mark.parametrize("item", shipped(), ids=lambda item: item.id)
def test_it_says_what_it_is_and_can_be_added_by_edits(item: ShippedBlock) -> None:
    assert item.title and item.help.endswith(".")
    project = Project(name="n")
    for block in item.blocks:
        edits.apply(project, edits.AddBlock(block=block))
    assert project.blocks[item.id].drawn() == item.blocks[-1]
