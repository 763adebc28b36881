"""The small drawing of a function in the inspector."""

from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.catalog.curves import curve_points
from engine.catalog.layers.activation import ELU, ReLU
from engine.catalog.layers.arithmetic import Log
from gui.widgets.function_picture import FunctionPicture


def drawn(picture: FunctionPicture) -> QImage:
    return picture.grab().toImage()


def test_every_function_looks_otherwise(qtbot: QtBot) -> None:
    picture = FunctionPicture()
    qtbot.addWidget(picture)
    picture.resize(260, 96)
    picture.show()
    seen = []
    for layer in (ReLU(), ELU(alpha=1.0), ELU(alpha=3.0), Log()):
        picture.show_points(curve_points(layer), "activation", f"What {layer.label()} does")
        seen.append(drawn(picture))
        assert picture.accessibleName() == f"What {layer.label()} does"
    assert all(one != other for place, one in enumerate(seen) for other in seen[:place])
    picture.show_points([], "activation", "")
    assert drawn(picture) not in seen
