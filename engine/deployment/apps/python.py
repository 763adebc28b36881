"""Python package: `predict(...)` and a command line, on numpy and onnxruntime, and Pillow where there are pictures."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnxruntime

from engine.deployment.apps.golden import write_samples
from engine.deployment.apps.material import Material, copy_template
from engine.deployment.apps.words import (
    example_values,
    inputs_table,
    markdown,
    outputs_table,
    package_name,
    provenance,
    toml,
)

_PROGRAM = ("__init__.py", "__main__.py", "model.py")


def write(folder: Path, material: Material) -> str:
    """Write the project; `README.md` is what a person reads first."""
    material.step(0.3, "Writing the package")
    package = package_name(material.contract["name"])
    inside = folder / package
    material.write_model(inside)
    for name in _PROGRAM:
        copy_template("python", name, inside / name)
    (folder / "pyproject.toml").write_text(_pyproject(material, package), encoding="utf-8")
    (folder / "README.md").write_text(_readme(material, package), encoding="utf-8")
    return "README.md"


def needed(material: Material) -> list[str]:
    """What the package needs, with the oldest versions that will do."""
    found = ["numpy>=1.26", "onnxruntime>=1.20"]
    return [*found, "Pillow>=10"] if material.has_pictures or material.makes_pictures else found


def _pyproject(material: Material, package: str) -> str:
    needs = ", ".join(toml(item) for item in needed(material))
    summary = toml(f"The network '{' '.join(material.contract['name'].split())}'"[:200])
    return f"""[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = {toml(package.replace("_", "-"))}
version = "1.0.0"
description = {summary}
readme = "README.md"
requires-python = ">=3.9"
dependencies = [{needs}]

[project.scripts]
{toml(package.replace("_", "-"))} = {toml(f"{package}.__main__:main")}

[tool.setuptools]
packages = [{toml(package)}]

[tool.setuptools.package-data]
{toml(package)} = ["*.onnx", "*.json", "*.txt", "samples/*"]
"""


def _readme(material: Material, package: str) -> str:
    contract = material.contract
    expected = write_examples(material)
    values = example_values(contract, expected)
    if len(values) == 1:
        shown = repr(_local(next(iter(values.values())), package))
    elif values:
        shown = "{" + ", ".join(f"{name!r}: {_local(value, package)!r}" for name, value in values.items()) + "}"
    else:
        shown = "seed=1" if any(item["kind"] == "noise" for item in contract["inputs"]) else ""
    fence = "```"
    return f"""# {markdown(contract["name"])}

{provenance(contract)}
The file was proved to answer as the trained network does; the preparation of the inputs and the
names of the classes are inside it.

{fence}
pip install .
{fence}

{fence}python
from {package} import predict

print(predict({_brief(shown)}))
{fence}

{fence}
python -m {package} VALUE...           an answer a line, as JSON
python -m {package} --csv table.csv    each row of a table
python -m {package} --check            compare with the golden samples
{fence}

{inputs_table(contract)}

{outputs_table(contract)}

It needs {", ".join(needed(material))}. Written and tried with onnxruntime {onnxruntime.__version__}.
"""


def write_examples(material: Material) -> dict[str, Any]:
    """What `expected.json` says, without leaving files."""
    with TemporaryDirectory(prefix="netwright-") as name:
        return write_samples(Path(name), material.description, material.golden, material.rates)


def _local(value: object, package: str) -> object:
    return f"{package}/{value}" if isinstance(value, str) and value.startswith("samples/") else value


def _brief(text: str) -> str:
    """One line of an example; what is long stands for itself."""
    one = text.replace("`", "'")
    return one if len(one) <= 300 else "..."
