"""REST server: FastAPI with a typed schema, a Dockerfile, and requirements with exact versions."""

from pathlib import Path

import onnxruntime

from engine.deployment.apps.material import Material, copy_template
from engine.deployment.apps.words import inputs_table, markdown, outputs_table, provenance

_VERSIONS = {"fastapi": "0.165.0", "uvicorn": "0.54.0", "python-multipart": "0.0.34", "pydantic": "2.14.3"}
"""What the server was written for and is tested with; the rest are those that Netwright runs with."""


def write(folder: Path, material: Material) -> str:
    """Write the folder; `README.md` is what a person reads first."""
    material.step(0.3, "Writing the server")
    material.write_model(folder)
    copy_template("python", "model.py", folder / "model.py")
    copy_template("server", "server.py", folder / "server.py")
    copy_template("server", "Dockerfile", folder / "Dockerfile")
    (folder / ".dockerignore").write_text("__pycache__\nsamples\n", encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join(requirements()) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(material), encoding="utf-8")
    return "README.md"


def requirements() -> list[str]:
    """Exact versions of all that the server imports."""
    import numpy
    import PIL

    own = {"numpy": numpy.__version__, "onnxruntime": onnxruntime.__version__, "Pillow": PIL.__version__}
    return [
        f"{name}=={version}" for name, version in sorted({**_VERSIONS, **own}.items(), key=lambda item: item[0].lower())
    ]


def _readme(material: Material) -> str:
    contract = material.contract
    files = any(item["kind"] in ("image", "mask", "audio") for item in contract["inputs"])
    in_json = '{"base64": "..."}' if files else "..."
    fence = "```"
    form = (
        "\nFiles are sent as a form, a part an input: `curl -F NAME=@picture.png http://127.0.0.1:8000/predict`.\n"
        if files
        else ""
    )
    return f"""# {markdown(contract["name"])}: a server

{provenance(contract)}

{fence}
pip install -r requirements.txt
uvicorn server:app --host 127.0.0.1 --port 8000
{fence}

or

{fence}
docker build -t network .
docker run --rm -p 8000:8000 network
{fence}

`POST /predict` takes JSON, `{{"inputs": {{NAME: {in_json}}}}}`, and answers with JSON.
{form}
`GET /health` says whether it runs. All that it takes and gives is described at http://127.0.0.1:8000/docs. That page
loads its looks from the internet; /openapi.json needs none. There is no login: put it behind one before others
can reach it.

{inputs_table(contract)}

{outputs_table(contract)}

The server was started and asked with these versions when Netwright was made; the Dockerfile was not built there.
"""
