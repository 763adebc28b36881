"""Files that are broken, huge, going in circles or meant to do harm are refused with a sentence, never with a trace."""

import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from foreign_models import imported, model_of, one
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine.compiler.onnx_operators import control
from engine.deployment.foreign.importing import network_of
from engine.deployment.foreign.reading import read_model, read_proto
from engine.errors import ModelImportError, NetwrightError

W = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


def small() -> onnx.ModelProto:
    """A linear layer, an activation and a shape that is worked out."""
    nodes = [
        one("Gemm", "x", "w", outputs=["a"]),
        one("Relu", "a", outputs=["b"]),
        one("Reshape", "b", "s", outputs=["c"]),
        one("Softmax", "c"),
    ]
    return model_of(nodes, {"x": ["n", 4]}, ["y"], {"w": W, "s": np.array([-1, 3])})


def refused(model: onnx.ModelProto, folder: Path = Path()) -> ModelImportError:
    with pytest.raises(ModelImportError) as told:
        imported(model, folder)
    assert told.value.message and "Traceback" not in told.value.message
    return told.value


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"not a network", zlib.compress(b"x" * 1000)])
def test_a_file_that_is_no_onnx_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelImportError, match=r"net\.onnx"):
        network_of(read_model(path), "net")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelImportError, match=r"gone\.onnx"):
        read_model(tmp_path / "gone.onnx")


def test_operators_in_a_circle_are_refused() -> None:
    nodes = [one("Add", "x", "b", outputs=["a"]), one("Relu", "a", outputs=["b"]), one("Relu", "b")]
    assert "circle" in refused(model_of(nodes, {"x": ["n", 3]}, ["y"])).message


def test_operators_out_of_order_are_put_in_order() -> None:
    nodes = [one("Relu", "a"), one("Neg", "x", outputs=["a"])]
    _, network = imported(model_of(nodes, {"x": ["n", 3]}, ["y"]))
    assert set(network.imported.mapped) == {"Negate", "ReLU"}


def test_a_value_nobody_gives_is_named() -> None:
    assert "'ghost'" in refused(model_of([one("Add", "x", "ghost")], {"x": ["n", 3]}, ["y"])).message


def test_two_operators_that_give_one_value_are_refused() -> None:
    nodes = [one("Relu", "x"), one("Neg", "x")]
    assert "'y'" in refused(model_of(nodes, {"x": ["n", 3]}, ["y"])).message


def test_operators_that_nobody_knows_are_named_with_their_domain() -> None:
    node = helper.make_node("Placeholder", ["x"], ["y"], domain="com.elsewhere")
    told = refused(model_of([node], {"x": ["n", 3]}, ["y"], domains={"com.elsewhere": 1}))
    assert "com.elsewhere.Placeholder" in told.message


def test_a_setting_that_an_operator_lacks_is_named() -> None:
    told = refused(model_of([one("Relu", "x", strength=2.0)], {"x": ["n", 3]}, ["y"]))
    assert "strength" in told.message


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "a/../../secret.bin", ""])
def test_weights_outside_of_the_folder_are_not_opened(place: str, tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(W.tobytes())
    inner = tmp_path / "model"
    inner.mkdir()
    told = refused(_with_weights_at(place), inner)
    assert "outside" in told.message


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(W.tobytes())
    inner = tmp_path / "model"
    inner.mkdir()
    (inner / "weights.bin").symlink_to(tmp_path / "secret.bin")
    assert "outside" in refused(_with_weights_at("weights.bin"), inner).message


def test_weights_beside_the_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(W.tobytes())
    _, network = imported(_with_weights_at("weights.bin"), tmp_path)
    assert np.array_equal(next(iter(network.imported.tensors.values())), W.T)


def test_weights_that_are_missing_or_short_are_told(tmp_path: Path) -> None:
    assert "missing" in refused(_with_weights_at("weights.bin"), tmp_path).message
    (tmp_path / "weights.bin").write_bytes(W.tobytes()[:-4])
    assert "shorter" in refused(_with_weights_at("weights.bin"), tmp_path).message


def _with_weights_at(place: str) -> onnx.ModelProto:
    model = model_of([one("Gemm", "x", "w")], {"x": ["n", 4]}, ["y"], {"w": W})
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return model


def test_a_tensor_of_absurd_size_takes_no_memory() -> None:
    nodes = [one("Shape", "x", outputs=["s"]), one("Mul", "s", "k", outputs=["t"]), one("ConstantOfShape", "t")]
    model = model_of(nodes, {"x": ["n", 3]}, ["y"], {"k": np.array([10**9, 10**9])})
    assert "too large" in refused(model).message


def test_weights_that_say_another_size_are_refused() -> None:
    model = small()
    model.graph.initializer[0].dims[0] = 4_000_000_000
    refused(model)


def test_a_loop_without_an_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_MOST_ROUNDS", 1000)
    body = helper.make_graph(
        [one("Identity", "go", outputs=["on"]), one("Identity", "v", outputs=["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
        ],
    )
    node = helper.make_node("Loop", ["m", "c", "x"], ["y"], body=body)
    weights = {"m": np.array(2**62), "c": np.array(True)}
    assert "rounds" in refused(model_of([node], {"x": ["n", 3]}, ["y"], weights)).message


def test_functions_that_call_themselves_are_refused() -> None:
    model = model_of([helper.make_node("F", ["x"], ["y"], domain="own")], {"x": ["n", 3]}, ["y"], domains={"own": 1})
    body = [helper.make_node("F", ["a"], ["b"], domain="own")]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    model.functions.append(helper.make_function("own", "F", ["a"], ["b"], body, opsets))
    refused(model)


def test_functions_of_the_file_are_written_out() -> None:
    model = model_of([helper.make_node("F", ["x"], ["y"], domain="own")], {"x": ["n", 3]}, ["y"], domains={"own": 1})
    body = [one("Relu", "a", outputs=["c"]), one("Neg", "c", outputs=["b"])]
    model.functions.append(helper.make_function("own", "F", ["a"], ["b"], body, [helper.make_opsetid("", 20)]))
    _, network = imported(model)
    assert set(network.imported.mapped) == {"ReLU", "Negate"}


WHOLE = small().SerializeToString()
MANGLED = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@MANGLED
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_imported_or_told(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    _imported_or_told(bytes(content))


@MANGLED
@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_a_file_with_a_piece_missing_is_imported_or_told(first: int, last: int) -> None:
    _imported_or_told(WHOLE[: min(first, last)] + WHOLE[max(first, last) :])


def _imported_or_told(content: bytes) -> None:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception:  # noqa: BLE001 protobuf's own error: told by `load_proto`
        return
    try:
        network_of(read_proto(model, Path()), "mangled")
    except NetwrightError as error:
        assert error.message


def test_numbers_of_an_old_way_are_read() -> None:
    model = small()
    tensor = numpy_helper.from_array(W, "w")
    tensor.ClearField("raw_data")
    tensor.float_data.extend(W.ravel().tolist())
    model.graph.initializer[0].CopyFrom(tensor)
    _, network = imported(model)
    assert np.array_equal(network.imported.tensors["linear1.weight"], W.T)
