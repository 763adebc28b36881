"""PyTorch code: the network as source, its weights, the ends of the exported file, scripts that predict and train."""

import re
import shutil
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file

from engine.catalog.tensors import DType
from engine.compiler.module import CompiledNetwork
from engine.compiler.plan import Plan, Value, plan
from engine.compiler.source import class_name, source_code
from engine.data.label_lists import separator_of
from engine.data.preparation import Preparation
from engine.deployment.apps.material import Material, copy_template, write_json
from engine.deployment.apps.subgraph import subgraph
from engine.deployment.apps.words import inputs_table, markdown, outputs_table, provenance
from engine.deployment.build import IR_VERSION, Built, build_file
from engine.deployment.form import FileForm
from engine.document.data_spec import Field, FieldKind
from engine.document.own_code import code_of
from engine.evaluation.network import load_network
from engine.onnx_writer import OnnxWriter

_LOSSES = ("CrossEntropyLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCEWithLogitsLoss")
_USUAL_LOSS = {
    FieldKind.CATEGORY: "CrossEntropyLoss",
    FieldKind.NUMBER: "MSELoss",
    FieldKind.LABELS: "BCEWithLogitsLoss",
}
_OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")
_USUAL_EPOCHS = 10


def write(folder: Path, material: Material) -> str:
    """Write the folder; `README.md` is what a person reads first."""
    material.step(0.1, "Writing the source")
    folder.mkdir(parents=True, exist_ok=True)
    project = material.project
    with code_of(material.project_dir):
        text = source_code(project)
        network = load_network(material.run, "best", project=project).eval()
        steps = plan(project)
        material.step(0.4, "Cutting preparation and answers out of the file")
        built = build_file(project, steps, network, form=FileForm(), description=material.description)
    (folder / "network.py").write_text(text, encoding="utf-8")
    if (material.project_dir / "layers").is_dir() and "from layers" in text:
        shutil.copytree(
            material.project_dir / "layers", folder / "layers", ignore=shutil.ignore_patterns("__pycache__")
        )
    save_file(_weights(network, text), folder / "weights.safetensors")
    material.write_model(folder)
    write_json(folder / "pipeline.json", _write_ends(folder, steps, built, class_name(project.name)))
    copy_template("python", "model.py", folder / "model.py")
    for name in ("torch_model.py", "predict.py"):
        copy_template("pytorch", name, folder / name)
    recipe, why_not = _recipe(material, steps)
    if recipe is not None:
        copy_template("pytorch", "train.py", folder / "train.py")
        write_json(folder / "recipe.json", recipe)
    needs = ["numpy", "onnxruntime", "safetensors", "torch", *(["Pillow"] if material.has_pictures else [])]
    (folder / "requirements.txt").write_text("\n".join(sorted(needs, key=str.lower)) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(material, why_not), encoding="utf-8")
    return "README.md"


def _weights(network: CompiledNetwork, text: str) -> dict[str, torch.Tensor]:
    """What the source's class holds: not the weights of losses."""
    held = set(re.findall(r"^ {8}self\.(\w+) = ", text, flags=re.MULTILINE))
    return {
        name: tensor.detach().clone().contiguous()
        for name, tensor in network.state_dict().items()
        if name.split(".")[0] in held
    }


def _write_ends(folder: Path, steps: Plan, built: Built, name: str) -> dict[str, Any]:
    """prepare.onnx (raw inputs to what the network takes) and answers.onnx (what it gives to answers)."""
    prepared = _write_preparation(folder / "prepare.onnx", steps, built)
    predictions = {f"prediction_{place}": value for place, value in enumerate(steps.predictions.values())}
    inputs = {
        built.values[value]: helper.make_tensor_value_info(title, TensorProto.FLOAT, _sizes(steps, value))
        for title, value in predictions.items()
    }
    outputs = {info.name: info.name for info in built.model.graph.output}
    last = subgraph(built.model, inputs, outputs, {info.name: info for info in built.model.graph.output})
    onnx.save(last, str(folder / "answers.onnx"))
    return {"class": name, "prepared": prepared, "predictions": list(predictions)}


def _write_preparation(path: Path, steps: Plan, built: Built) -> list[str]:
    """Raw inputs and noise to the tensors that the source's `forward` takes, in its order; it shifts texts itself."""
    writer = OnnxWriter()
    names = []
    for place, node_id in enumerate((*steps.input_ids, *steps.noise_ids)):
        spec = steps.specs[(node_id, "output")]
        if node_id in built.noises:
            value = writer.input(built.noises[node_id], TensorProto.FLOAT, ["N", *steps.noises[node_id].size])
        else:
            fields = [built.fields[name] for name in steps.input_fields[node_id]]
            parts = [Preparation(field).write_input(writer) for field in fields]
            value = parts[0] if len(parts) == 1 else writer.add("Concat", parts, axis=-1)
        kind = TensorProto.INT64 if spec.dtype is DType.INT else TensorProto.FLOAT
        names.append(writer.output(value, f"prepared_{place}", kind, _sizes(steps, (node_id, "output"))))
    onnx.save(writer.model(ir_version=IR_VERSION), str(path))
    return names


def _sizes(steps: Plan, value: Value) -> list[int | str | None]:
    """A name for every axis of a value: any size will do."""
    return ["N", *(f"size_{axis}" for axis in range(1, len(steps.specs[value].shape)))]


def _recipe(material: Material, steps: Plan) -> tuple[dict[str, Any] | None, str]:
    """What train.py goes by; None and the reason where it could not train this network."""
    project = material.project
    losses = {call.layer.type_name(): call for call in steps.losses}
    if not project.recipe.phases or len(project.recipe.phases[0].players) != 1:
        return None, "several players, or none, train this network"
    targets = []
    for item in material.contract["outputs"]:
        field = material.fields[item["field"]]
        target, why_not = _target(field, item)
        if target is None:
            return None, why_not
        known = [name for name in losses if name in _LOSSES]
        usual = _USUAL_LOSS[field.kind]
        loss = (
            known[0] if len(known) == 1 and (known[0] == "CrossEntropyLoss") == (usual == "CrossEntropyLoss") else usual
        )
        targets.append({**target, "loss": {"class": loss, "arguments": {}}})
    phase = project.recipe.phases[0]
    step = phase.players[0].optimizer
    known_one = step.type in _OPTIMIZERS
    rate = step.attributes.get("lr", 1e-3)
    arguments: dict[str, Any] = {"lr": float(rate) if isinstance(rate, int | float) else 1e-3}
    decay = step.attributes.get("weight_decay")
    if known_one and isinstance(decay, int | float):
        arguments["weight_decay"] = float(decay)
    momentum = step.attributes.get("momentum")
    if step.type in ("SGD", "RMSprop") and isinstance(momentum, int | float):
        arguments["momentum"] = float(momentum)
    batch = phase.batch_size if isinstance(phase.batch_size, int) and phase.batch_size > 0 else 32
    return {
        "epochs": _USUAL_EPOCHS,
        "batch_size": batch,
        "seed": project.recipe.seed,
        "optimizer": {"class": step.type if known_one else "AdamW", "arguments": arguments},
        "targets": targets,
    }, ""


def _target(field: Field, item: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """How a value of the data becomes what the network is to answer."""
    found: dict[str, Any] = {"field": field.name, "kind": field.kind.value}
    if field.kind is FieldKind.CATEGORY:
        return found | {"classes": list(field.statistics.classes)}, ""
    if field.kind is FieldKind.LABELS:
        return found | {"classes": list(field.statistics.classes), "separator": separator_of(field)}, ""
    if field.kind is FieldKind.NUMBER and item["function"] != "exp":
        ends = Preparation(field).invert(torch.tensor([[0.0], [1.0], [2.0]])).reshape(-1)
        offset, scale = float(ends[0]), float(ends[1] - ends[0])
        if scale and abs(float(ends[2]) - offset - 2 * scale) <= 1e-3 * abs(scale):
            return found | {"offset": offset, "scale": scale}, ""
    return None, f"'{field.name}' is learned in a way that the script does not know"


def _readme(material: Material, why_not: str) -> str:
    contract = material.contract
    fence = "```"
    train = (
        f"`train.py` is not here, since {markdown(why_not)}."
        if why_not
        else f"""{fence}
python train.py table.csv              trains on; writes trained.safetensors
python predict.py --weights trained.safetensors VALUE...
{fence}

`train.py` reads a table whose columns are named as the inputs and answers below (pictures and sound as paths beside
it), or a folder for each class. It does not vary the samples, as training in Netwright may have done; optimizer, batch
size and loss are in recipe.json."""
    )
    return f"""# {markdown(contract["name"])}: PyTorch

{provenance(contract)}

| File | What it is |
|---|---|
| network.py | the network as source; no import of Netwright |
| weights.safetensors | its weights |
| prepare.onnx, answers.onnx | the two ends of the exported file: raw input to tensors, tensors to answers |
| torch\\_model.py, model.py | put these together |

{fence}
pip install -r requirements.txt
python predict.py VALUE...
python predict.py --check              compares with the golden samples
{fence}

{train}

{inputs_table(contract)}

{outputs_table(contract)}
"""
