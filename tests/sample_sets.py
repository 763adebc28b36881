"""Real data for tests: archives in a folder beside the checkout, or where NETWRIGHT_SAMPLES says."""

import os
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("NETWRIGHT_SAMPLES", "") or Path(__file__).parents[1].parent / "shared" / "data")


def sample_set(name: str) -> Path:
    """The archive of that name. Skips the test where it is not there."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"{name} is not in {_FOLDER}; set NETWRIGHT_SAMPLES to the folder that holds it.")
    return path
