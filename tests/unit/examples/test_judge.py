"""What a judge makes of pictures: how sure it is, and whether everything there is was made."""

import pytest
import torch

from tests.examples.judge import Judged


def judged(*classes: int, share: float = 0.91) -> Judged:
    """Ten classes; the judge gives each picture's own this share, and the rest to all others alike."""
    shares = torch.full((len(classes), 10), (1 - share) / 9)
    shares[torch.arange(len(classes)), torch.tensor(classes)] = share
    return Judged(shares)


def test_everything_made_equally_often() -> None:
    found = judged(*range(10), *range(10))
    assert found.sure == 1.0 and found.rarest == pytest.approx(0.1)
    assert found.kinds == pytest.approx(10)


def test_a_collapse_shows() -> None:
    found = judged(*[3] * 50, share=1.0)
    assert found.kinds == pytest.approx(1) and found.rarest == 0.0


def test_a_collapse_to_two_of_them_shows() -> None:
    assert judged(*[3, 7] * 50, share=1.0).kinds == pytest.approx(2)


def test_it_is_sure_of_what_is_likelier_than_all_else() -> None:
    assert judged(1, 2, share=0.49).sure == 0.0
    assert judged(1, 2, share=0.5).sure == 1.0
