"""The backend tests of the onnx package through import, graph and torch: a floor under how many pass."""

import sys
from pathlib import Path

import onnx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.benchmarks.bench_onnx_import import cases_of, failure_of

pytestmark = pytest.mark.filterwarnings("ignore")
DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"
CANNOT = {"test_gradient_of_add", "test_gradient_of_add_and_mul"}
"""They ask for the gradient of a part of the graph, as training in ONNX once did."""


@pytest.mark.parametrize("group", ["simple", "pytorch-operator"])
def test_small_networks_pass(group: str) -> None:
    failed = {case.name: why for case in cases_of(DATA, groups=(group,)) if (why := failure_of(case))}
    assert not failed.keys() - CANNOT, failed


@pytest.mark.slow
def test_networks_that_torch_once_wrote_pass() -> None:
    failed = {case.name: why for case in cases_of(DATA, groups=("pytorch-converted",)) if (why := failure_of(case))}
    assert not failed


@pytest.mark.slow
def test_every_network_of_the_zoo_passes() -> None:
    cases = list(cases_of(DATA, groups=("light",)))
    assert len(cases) >= 9
    assert not {case.name: why for case in cases if (why := failure_of(case))}


@pytest.mark.slow
def test_nearly_all_single_operators_pass() -> None:
    results = [(case.name, failure_of(case)) for case in cases_of(DATA, groups=("node",))]
    failed = {name: why for name, why in results if why}
    assert len(failed) <= 0.05 * len(results), failed
