"""C#: a .NET console project on Microsoft.ML.OnnxRuntime."""

from pathlib import Path

from engine.deployment.apps.material import Material, copy_template
from engine.deployment.apps.native import write_native
from engine.deployment.apps.words import inputs_table, markdown, outputs_table, provenance

_FILES = ("Network.csproj", "Program.cs", "Network.cs", "Reading.cs")


def write(folder: Path, material: Material) -> str:
    """Write the folder; `README.md` is what a person reads first."""
    material.step(0.3, "Writing the project")
    write_native(folder, material)
    for name in _FILES:
        copy_template("csharp", name, folder / name)
    (folder / "README.md").write_text(_readme(material), encoding="utf-8")
    return "README.md"


def _readme(material: Material) -> str:
    contract = material.contract
    fence = "```"
    return f"""# {markdown(contract["name"])}: C\\#

{provenance(contract)}

With the .NET SDK 8 or newer, which fetches Microsoft.ML.OnnxRuntime:

{fence}
dotnet run -- --help
dotnet run -- VALUE...
dotnet run -- --csv table.csv
dotnet run -- --check                  compares with the golden samples
{fence}

Pictures are read as PPM, PGM or PAM (`magick photo.jpg photo.ppm` makes one; put a library of your choice in
`Reading.Picture` for others), sound as WAV with the network's rate, tables as CSV, text as UTF-8. `model.tsv` says what
the network takes and gives.

{inputs_table(contract)}

{outputs_table(contract)}

{TRIED}
"""


TRIED = """When Netwright was made, this source was compiled and run by Mono, with onnxruntime behind a stand-in for the
class library Microsoft.ML.OnnxRuntime: golden samples were answered as in training. With .NET and the library itself it
was not run, since neither could be had there. Begin with `dotnet run -- --check`."""
