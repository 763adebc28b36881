"""Files of well-known networks, where their packages are installed: all import, and answer as onnxruntime does."""

import importlib.util
from pathlib import Path

import pytest

from engine.deployment.foreign.writing import import_model

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
PACKAGES = ("magika", "silero_vad", "basic_pitch", "rapidocr_onnxruntime")


def files() -> list[Path]:
    found: list[Path] = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        for place in (spec.submodule_search_locations or []) if spec is not None else []:
            found += sorted(Path(place).rglob("*.onnx"))
    return found


@pytest.mark.parametrize("path", files() or [None], ids=lambda path: path.name if path else "none installed")
def test_a_file_of_a_package_imports_and_answers_the_same(path: Path | None, tmp_path: Path) -> None:
    if path is None:
        pytest.skip(f"none of {', '.join(PACKAGES)} is installed")
    told = import_model(path, tmp_path / "project")
    assert told.checked.samples and not told.checked.problem
    assert told.checked.max_abs_difference < 1e-3
