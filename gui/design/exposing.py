"""Inside a block, a small eye beside each setting: whether every instance sets it for itself."""

from engine.document.graph import Node
from gui.design import block_edits
from gui.forms.attribute_form import AttributeForm
from gui.models.scope import Scope
from gui.widgets.button import Button


class ExposeToggles:
    """Puts the eyes into a form and turns them."""

    def __init__(self, form: AttributeForm, scope: Scope) -> None:
        self._form = form
        self._scope = scope
        self._node = ""

    def show(self, node: Node) -> None:
        """One eye a row while a block is open, none otherwise."""
        self._node = node.id
        definition = self._scope.definition
        for name in self._form.names():
            row = self._form.row(name)
            button = row.aside
            if definition is None:
                if button is not None:
                    button.hide()
                continue
            if not isinstance(button, Button):
                button = Button(role="icon", name=f"expose.{name}", parent=row)
                button.clicked.connect(lambda _checked=False, name=name: self._turn(name))
                row.set_aside(button)
            shown = block_edits.is_exposed(definition, node.id, name)
            words = (
                "Each instance sets this for itself. Click to set it here for all."
                if shown
                else "Set here for all instances. Click to let each set it for itself."
            )
            button.set_icon("eye" if shown else "eye-off")
            button.setToolTip(words)
            button.setAccessibleName(f"{name}: {words}")
            button.show()

    def _turn(self, name: str) -> None:
        scope = self._scope
        definition = scope.definition
        if definition is None:
            return
        turn = block_edits.unexpose if block_edits.is_exposed(definition, self._node, name) else block_edits.expose
        scope.do_whole(turn(scope.document, definition.id, self._node, name))
