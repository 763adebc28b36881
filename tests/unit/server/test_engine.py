"""The real engine process: it is ready before it imports torch, and tells errors of every handler in words."""

import os
import signal
import subprocess
import sys

import pytest
from engine_process import ROOT, EngineProcess

from engine.protocol.messages.base import PROTOCOL_VERSION, EngineReady, RequestFailed
from engine.protocol.messages.data import DescribeData, GetSamples, ImportData
from engine.protocol.messages.deployment import Export, Predict
from engine.protocol.messages.evaluation import Evaluate
from engine.protocol.messages.training import StartTraining


def test_ready_before_torch():
    code = (
        "import sys; from engine.server.__main__ import ready_event; ready = ready_event();"
        "assert ready.torch and ready.version and ready.devices[0] == 'cpu';"
        "heavy = {'torch', 'numpy', 'onnx', 'onnxruntime', 'polars', 'PIL'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_every_handler_tells_of_a_project_that_is_not_there(tmp_path):
    folder = str(tmp_path / "nowhere")
    with EngineProcess() as engine:
        ready = engine.next_event()
        assert isinstance(ready, EngineReady) and ready.protocol == PROTOCOL_VERSION
        if os.name == "posix":
            engine.process.send_signal(signal.SIGINT)  # Ctrl+C in the terminal is the window's business
        for request_type, fields in [
            (DescribeData, {"project_dir": folder}),
            (GetSamples, {"project_dir": folder, "indices": [0]}),
            (StartTraining, {"project_dir": folder}),
            (Evaluate, {"project_dir": folder}),
            (Predict, {"project_dir": folder, "inputs": []}),
            (Export, {"project_dir": folder, "to": str(tmp_path / "x.onnx")}),
            (ImportData, {"path": folder}),
        ]:
            answer = engine.answer(engine.send(request_type, **fields))
            assert isinstance(answer, RequestFailed)
            assert answer.error["kind"] in ("project", "run", "data"), answer
            assert "nowhere" in answer.error["message"] + answer.error["where"]
            assert not answer.details
        assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("bad", ["{", "[]"])
def test_a_damaged_project_is_told_with_its_place(tmp_path, bad):
    (tmp_path / "project.json").write_text(bad)
    with EngineProcess() as engine:
        engine.next_event()
        answer = engine.answer(engine.send(DescribeData, project_dir=str(tmp_path)))
        assert answer.error["kind"] == "project"
        assert "project.json" in answer.error["where"]
