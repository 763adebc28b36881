"""Training on pictures that take twice the memory there is: how much the run takes at most.

Prints the limit, the size of the decoded pictures, the most memory that the run held at any time (resident set), and
how fast it was beside the same run without a limit.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PIL import Image

LIMIT_MB = 800
SIDE = 384

TRAIN = """
import sys, time, resource
from pathlib import Path
from engine.cli.main import main
start = time.perf_counter()
code = main(["train", sys.argv[1], "--epochs", "1", "--device", "cpu"])
print("RESULT", code, time.perf_counter() - start)
"""


def make_pictures(folder: Path, count: int) -> None:
    """Two classes of JPEG pictures, smooth ones and striped ones."""
    rng = np.random.default_rng(3)
    for number in range(count):
        small = rng.integers(0, 256, (12, 12 if number % 2 else 48, 3), dtype=np.uint8)
        place = folder / ("stripes" if number % 2 == 0 else "clouds") / f"{number:05}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(place, quality=80)


def make_project(root: Path, photos: Path) -> Path:
    """A small network on whole pictures: pooled to 24 × 24, one convolution."""
    import msgspec

    from engine.data.importing import inspect, refresh
    from engine.data.proposals import propose
    from engine.document.data_spec import Step
    from engine.document.files import create, load, save
    from engine.document.graph import Edge, Node

    folder = root / "project"
    data = inspect(photos).data
    steps = tuple(
        Step(type="Resize", attributes={"height": SIDE, "width": SIDE}) if step.type == "Resize" else step
        for step in data.inputs()[0].preparation
    )
    fields = tuple(
        msgspec.structs.replace(field, preparation=steps, augmentation=())
        if field.name == data.inputs()[0].name
        else field
        for field in data.fields
    )
    project = propose("pictures", msgspec.structs.replace(data, fields=fields))
    kept = ("picture", "answer", "loss", "target")
    for edge in list(project.graph.edges):
        if edge.source not in kept or edge.target not in kept:
            project.graph.disconnect(edge.target, edge.input)
    for node_id in [node_id for node_id in project.graph.nodes if node_id not in kept]:
        project.graph.remove(node_id)
    nodes = [
        Node(id="pool", type="AvgPool2d", attributes={"kernel_size": 16}),
        Node(id="flatten", type="Flatten"),
        Node(id="scores", type="Linear", attributes={"out_features": 2}),
    ]
    for node in nodes:
        project.graph.add(node)
    for source, target, port in (
        ("picture", "pool", "input"),
        ("pool", "flatten", "input"),
        ("flatten", "scores", "input"),
        ("scores", "answer", "prediction"),
        ("scores", "loss", "prediction"),
    ):
        project.graph.connect(Edge(source=source, target=target, input=port))
    create(folder, project)
    project = load(folder)
    project.data = refresh(folder, project.data)
    save(folder, project)
    return folder


def trained(folder: Path, limit: str) -> tuple[float, float]:
    """Seconds and most MB of the largest process of a run."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]], capture_output=True, text=True)\n"
        "print(done.stdout[-300:], done.stderr[-600:])\n"
        "print('PEAK', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    if limit:
        environment["NETWRIGHT_MEMORY_LIMIT"] = limit
    done = subprocess.run(
        [sys.executable, "-c", code, TRAIN, str(folder)], capture_output=True, text=True, env=environment
    )
    lines = done.stdout.splitlines()
    result = next(line for line in lines if "RESULT" in line).split()
    peak = next(line for line in lines if line.startswith("PEAK")).split()
    return float(result[2]), float(peak[1]) / 1024


def main() -> None:
    count = 2 * LIMIT_MB * 1_000_000 // (SIDE * SIDE * 3)
    with tempfile.TemporaryDirectory() as root:
        photos = Path(root) / "photos"
        make_pictures(photos, count)
        folder = make_project(Path(root), photos)
        size = count * SIDE * SIDE * 3 / 1e6
        seconds, peak = trained(folder, f"{LIMIT_MB}MB")
        free_seconds, free_peak = trained(folder, "")
        print(f"{count:,} pictures, {size:,.0f} MB decoded, {4 * size:,.0f} MB prepared; limit {LIMIT_MB} MB")
        print(
            f"with the limit      {seconds:6.1f} s   most memory {peak:7.0f} MB   of the limit {peak / LIMIT_MB:5.2f}"
        )
        print(f"without             {free_seconds:6.1f} s   most memory {free_peak:7.0f} MB")
        print(f"this program        most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MB")


if __name__ == "__main__":
    main()
