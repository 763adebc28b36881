"""Finding layers by typed letters: by name, by what people call them, by fit and by use."""

import pytest

from engine.catalog.registry import layer_type, layers
from engine.catalog.search import search


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("dense", "Linear"),
        ("fully connected", "Linear"),
        ("conv", "Conv1d"),
        ("conv2", "Conv2d"),
        ("relu", "ReLU"),
        ("swish", "SiLU"),
        ("skip conn", "Add"),
        ("softmax", "Softmax"),
        ("cross-entropy", "CrossEntropyLoss"),
        ("regression", "MSELoss"),
        ("mean squared", "MSELoss"),
        ("word vec", "Embedding"),
        ("batch norm", "BatchNorm1d"),
        ("labels", "Input"),
        ("latent", "Noise"),
        ("random", "Noise"),
        ("gan", "Noise"),
    ],
)
def test_search_finds_what_people_call_it(typed: str, first: str) -> None:
    assert search(typed)[0].__name__ == first


def test_search_without_words_and_without_luck() -> None:
    assert search("  ") == layers()
    assert search("xyzzy") == ()


def names(*args: object, **kwargs: object) -> list[str]:
    return [kind.type_name() for kind in search(*args, **kwargs)]  # type: ignore[arg-type]


def test_letters_in_order_find_a_name_that_is_not_spelt_out() -> None:
    assert "Conv2d" in names("cnv2")
    assert "BatchNorm2d" in names("bnorm2")


def test_what_fits_comes_first_and_alone_where_only_that_is_wanted() -> None:
    fitting = [layer_type("BatchNorm2d"), layer_type("Conv2d")]
    found = names("", fitting=fitting)
    assert found[:2] == ["BatchNorm2d", "Conv2d"] and len(found) == len(layers())
    assert names("conv", fitting=fitting)[0] == "Conv2d"
    assert names("", fitting=fitting, only_fitting=True) == ["BatchNorm2d", "Conv2d"]
    assert names("lstm", fitting=fitting, only_fitting=True) == []


def test_use_lifts_a_layer_among_those_that_match_equally_well() -> None:
    assert names("conv")[0] == "Conv1d"
    assert names("conv", uses={"Conv2d": 3.0})[0] == "Conv2d"
    assert names("linear", uses={"Bilinear": 1000.0})[0] == "Linear", "use never beats the name itself"
    assert names("", uses={"GELU": 5.0})[0] == "GELU"


def test_use_lifts_within_what_fits_by_steps_and_not_beyond() -> None:
    fitting = [layer_type(name) for name in ("ReLU", "Conv2d", "MaxPool2d", "Dropout")]
    assert names("", fitting=fitting)[0] == "ReLU"
    assert names("", fitting=fitting, uses={"MaxPool2d": 3.0})[0] == "MaxPool2d"
    assert names("", fitting=fitting, uses={"LSTM": 100.0}, only_fitting=True)[0] == "ReLU"


def test_the_name_of_what_does_not_fit_beats_a_mere_mention_in_what_fits() -> None:
    fitting = [kind for kind in layers() if kind.type_name() not in ("LSTM", "LSTMCell")]
    found = names("lstm", fitting=fitting)
    assert found[0] in ("LSTM", "LSTMCell") or found.index("LSTM") <= 1
    assert names("convolution", fitting=[layer_type("ReLU")])[0] != "ReLU"
