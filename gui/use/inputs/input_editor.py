"""What every editor of an input in Try it has: a value, why it has none, and a memory of what was given."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.document.data_spec import Field
from engine.protocol.messages.data import Shown


class InputEditor(QWidget):
    """`changed` by the user: the answer is another one now. Setting a value by the methods emits nothing."""

    changed = Signal()
    refused = Signal(str)
    """Why something was not taken, in a sentence."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    def core(self) -> QWidget:
        """What takes the keys."""
        return self

    def value(self) -> object:
        """The value as Predict takes it."""
        raise NotImplementedError

    def lacks(self) -> str:
        """What has to be given first, as a sentence; "" when nothing."""
        return ""

    def tools(self) -> list[QWidget]:
        """Buttons of this editor, which the form puts where there is room."""
        return []

    def show_sample(self, value: object, shown: Shown | None, name: str) -> None:
        """Take a sample's value; `shown` is how it looks, `name` what a person calls it."""
        self.restore(value)

    def state(self) -> object:
        """All that `restore` needs to show the same again."""
        return self.value()

    def restore(self, state: object) -> None:
        """Show what was given before."""
        raise NotImplementedError

    def told(self) -> str:
        """The value in a few words, for a list of what was given before."""
        return str(self.value())
