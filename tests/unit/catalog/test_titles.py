"""What nodes are called: as on their card, and apart where two have the same title."""

from engine.catalog.titles import titles_apart
from engine.document.graph import Node


def test_a_node_is_called_as_on_its_card() -> None:
    nodes = [
        Node(id="loss_2", type="MSELoss", title="Reconstruction"),
        Node(id="loss_3", type="MSELoss"),
        Node(id="own", type="NotKnown"),
    ]
    first, second, third = titles_apart(nodes)
    assert first == "Reconstruction" and third == "NotKnown"
    assert second and second not in ("loss_3", "MSELoss_3") and "(" not in second


def test_the_same_title_has_the_id_behind_it() -> None:
    nodes = [
        Node(id="loss_1", type="MSELoss", title="Fit"),
        Node(id="part__loss_2", type="L1Loss", title="Fit"),
        Node(id="loss_3", type="L1Loss", title="Rest"),
    ]
    assert titles_apart(nodes) == ["Fit (loss_1)", "Fit (part › loss_2)", "Rest"]
