"""A foreign model is dropped on the start page of the real window with a real engine, and stands there to be edited."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gui.frame.import_dialog import ImportDialog
from tests.end2end.user import User


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A small network of another program's making: convolution, ReLU, mean, linear layer."""
    generator = np.random.default_rng(4)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(generator.normal(size=shape).astype(np.float32) / 4, name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Gemm", ["f", "w2", "b2"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "somewhere else",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 24, 24])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5])],
        [weights("w1", 8, 3, 3, 3), weights("b1", 8), weights("w2", 5, 8), weights("b2", 5)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "far away.onnx"
    onnx.save(model, path)
    return path


def test_a_dropped_model_can_be_edited(user: User, foreign: Path) -> None:
    window = user.window
    user.drop("data.drop", foreign)
    user.wait(lambda: window.bench.importing.state in ("done", "failed"))
    assert window.bench.importing.error is None, (window.bench.importing.error, window.bench.engine.last_words)
    user.wait(lambda: window.bench.project.directory is not None and window.tab() == "design")
    report = window.bench.importing.report
    assert report is not None and report.mapped["Conv2d"] == 1 and report.mapped["Linear"] == 1 and not report.opaque
    assert report.checked.samples > 0 and report.checked.max_abs_difference < 1e-5
    assert window.bench.project.directory == Path(report.project)
    kinds = {node.type for node in window.bench.project.project.graph.nodes.values()}
    assert {"Conv2d", "ReLU", "Linear", "Input", "Output"} <= kinds
    dialog = window.import_dialog
    assert isinstance(dialog, ImportDialog) and dialog.heading.whole_text() == "far away.onnx is a project now"
    dialog.shut.click()
    user.wait(lambda: window.import_dialog is None)
    problems = [item.message for item in window.bench.project.checker.problems() if "weights" in item.message]
    assert problems == []


def test_a_broken_model_is_told_and_leaves_nothing(user: User, tmp_path: Path) -> None:
    window = user.window
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x08\x12\x03abc" + bytes(range(200)))
    user.drop("data.drop", broken)
    user.wait(lambda: window.bench.importing.state in ("done", "failed"))
    error = window.bench.importing.error
    assert error is not None and error.message and "Traceback" not in error.message
    dialog = window.import_dialog
    assert dialog is not None and not dialog.notice.isHidden()
    dialog.reject()
    assert window.bench.project.directory is None
    home = window.bench.shelf.home
    assert not home.exists() or not any(home.iterdir())
