"""The network in PyTorch with all that stands around it: raw input -> prepared tensors -> network.py -> answers.

prepare.onnx and answers.onnx are the two ends of the exported file, so that what a person gives is prepared just as it
was in training; between them runs the network as source, with the weights in weights.safetensors.
"""

import importlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from model import Model
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent


class TorchModel(Model):
    """Answers as `Model` does, through torch. `network` is the module, in eval mode."""

    def __init__(self, folder=HERE, weights="weights.safetensors", device="cpu"):
        self.folder = Path(folder)
        self.contract = json.loads((self.folder / "model.json").read_text(encoding="utf-8"))
        self.pipeline = json.loads((self.folder / "pipeline.json").read_text(encoding="utf-8"))
        self.inputs, self.outputs = self.contract["inputs"], self.contract["outputs"]
        writing = [item for item in self.inputs if item.get("written")]
        self.asked = [
            item for item in self.inputs if item["kind"] != "noise" and (item not in writing or len(self.inputs) == 1)
        ]
        self.prepare = onnxruntime.InferenceSession(
            str(self.folder / "prepare.onnx"), providers=["CPUExecutionProvider"]
        )
        self.ends = onnxruntime.InferenceSession(str(self.folder / "answers.onnx"), providers=["CPUExecutionProvider"])
        self.device = torch.device(device)
        self.network = getattr(importlib.import_module("network"), self.pipeline["class"])()
        self.network.load_state_dict(load_file(self.folder / weights))
        self.network.to(self.device).eval()

    def prepared(self, feeds):
        """The tensors that the network takes, in order."""
        wanted = {item.name for item in self.prepare.get_inputs()}
        arrays = self.prepare.run(self.pipeline["prepared"], {name: feeds[name] for name in feeds if name in wanted})
        return [torch.from_numpy(np.ascontiguousarray(array)).to(self.device) for array in arrays]

    def run(self, feeds):
        """The raw outputs by name, for one sample and without a batch axis."""
        with torch.inference_mode():
            found = self.network(*self.prepared(feeds))
        predictions = found if isinstance(found, tuple) else (found,)
        values = {
            name: prediction.float().cpu().numpy()
            for name, prediction in zip(self.pipeline["predictions"], predictions)
        }
        wanted = {item.name for item in self.ends.get_inputs()}
        names = [output.name for output in self.ends.get_outputs()]
        given = {name: value for name, value in {**feeds, **values}.items() if name in wanted}
        return {name: value[0] for name, value in zip(names, self.ends.run(names, given))}
