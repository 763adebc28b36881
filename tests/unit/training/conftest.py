"""One compute thread, as tests are small."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def numbers_stay_whole() -> Iterator[None]:
    """A run lets the processor take the smallest numbers as 0, in the whole process; later tests want them."""
    yield
    torch.set_flush_denormal(False)
