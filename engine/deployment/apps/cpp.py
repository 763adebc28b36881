"""C++: a CMake project on onnxruntime's C++ interface."""

from pathlib import Path

from engine.deployment.apps.material import Material, copy_template
from engine.deployment.apps.native import write_native
from engine.deployment.apps.words import inputs_table, markdown, outputs_table, provenance


def write(folder: Path, material: Material) -> str:
    """Write the folder; `README.md` is what a person reads first."""
    material.step(0.3, "Writing the project")
    write_native(folder, material)
    for name in ("CMakeLists.txt", "main.cpp"):
        copy_template("cpp", name, folder / name)
    (folder / "README.md").write_text(_readme(material), encoding="utf-8")
    return "README.md"


def _readme(material: Material) -> str:
    contract = material.contract
    fence = "```"
    return f"""# {markdown(contract["name"])}: C++

{provenance(contract)}

Unpack a release of onnxruntime 1.14 or newer for your system (https://github.com/microsoft/onnxruntime/releases), then

{fence}
cmake -B build -DCMAKE_BUILD_TYPE=Release -DONNXRUNTIME_DIR=FOLDER-OF-ONNXRUNTIME
cmake --build build --config Release
cd build
./network --help
./network VALUE...
./network --csv table.csv
./network --check                      compares with the golden samples
{fence}

Pictures are read as PPM, PGM or PAM (`magick photo.jpg photo.ppm` makes one; put a library of your choice in
`read_picture` for others), sound as WAV with the network's rate, tables as CSV, text as UTF-8. `model.tsv` says what
the network takes and gives.

{inputs_table(contract)}

{outputs_table(contract)}

This program was built with GCC 12 and run on Linux with onnxruntime 1.31 when Netwright was made: golden samples were
answered as in training. It was not tried on Windows or macOS.
"""
