"""Which key does what on the canvas."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.design.arrange import Direction, Side
from gui.design.canvas.commands import NUDGE

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

QUICK_KEYS: Final = {
    "C": "Conv2d",
    "P": "MaxPool2d",
    "L": "Linear",
    "M": "MultiheadAttention",
    "N": "BatchNorm2d",
    "R": "ReLU",
}
"""Letters that add a layer after the selected one."""

ZOOM_STEP: Final = 1.2

_Modifier = Qt.KeyboardModifier
_Key = Qt.Key


def command_for(canvas: "GraphCanvas", event: QKeyEvent) -> Callable[[], object] | None:
    """What a key does on the canvas."""
    modifiers = event.modifiers() & ~_Modifier.KeypadModifier
    control = _Modifier.ControlModifier
    shift = _Modifier.ShiftModifier
    commands = canvas.commands
    found = canvas.mark_tools.command_for(event) or canvas.link_points.command_for(event)
    found = found or canvas.blocks.command_for(event)
    if found is not None:
        return found
    plain: dict[int, Callable[[], object]] = {
        _Key.Key_Delete: canvas.delete,
        _Key.Key_Backspace: canvas.delete,
        _Key.Key_Escape: canvas.escape,
        _Key.Key_F: canvas.fit,
        _Key.Key_Return: canvas.inspect,
        _Key.Key_Enter: canvas.inspect,
        _Key.Key_Left: lambda: canvas.walk("left"),
        _Key.Key_Right: lambda: canvas.walk("right"),
        _Key.Key_Up: lambda: canvas.walk("up"),
        _Key.Key_Down: lambda: canvas.walk("down"),
        _Key.Key_Home: canvas.walk_home,
        _Key.Key_End: canvas.walk_end,
        _Key.Key_F2: canvas.card_editor.rename_selected,
        _Key.Key_E: canvas.card_editor.edit_selected,
        _Key.Key_W: canvas.live.toggle,
        _Key.Key_G: canvas.costs.next,
        _Key.Key_S: canvas.step_requested.emit,
    }
    with_shift: dict[int, Callable[[], object]] = {
        _Key.Key_F: canvas.fit_selection,
        _Key.Key_Delete: lambda: commands.delete(heal=False),
        _Key.Key_L: canvas.arm_lasso,
        _Key.Key_F10: canvas.open_menu,
        _Key.Key_Left: lambda: canvas.walk("left", extend=True),
        _Key.Key_Right: lambda: canvas.walk("right", extend=True),
        _Key.Key_Up: lambda: canvas.walk("up", extend=True),
        _Key.Key_Down: lambda: canvas.walk("down", extend=True),
    }
    with_control: dict[int, Callable[[], object]] = {
        _Key.Key_A: commands.select_all,
        _Key.Key_B: commands.toggle_bypassed,
        _Key.Key_C: canvas.copy,
        _Key.Key_X: canvas.cut,
        _Key.Key_V: canvas.paste,
        _Key.Key_D: commands.duplicate,
        _Key.Key_F: canvas.find_node,
        _Key.Key_L: commands.select_connected,
        _Key.Key_K: canvas.linking.connect,
        _Key.Key_Period: canvas.mending.open_menu,
        _Key.Key_0: lambda: canvas.zoom_to(1.0),
        _Key.Key_Plus: lambda: canvas.zoom_to(canvas.view.zoom * ZOOM_STEP),
        _Key.Key_Equal: lambda: canvas.zoom_to(canvas.view.zoom * ZOOM_STEP),
        _Key.Key_Minus: lambda: canvas.zoom_to(canvas.view.zoom / ZOOM_STEP),
        _Key.Key_Left: lambda: commands.nudge(-NUDGE, 0),
        _Key.Key_Right: lambda: commands.nudge(NUDGE, 0),
        _Key.Key_Up: lambda: commands.nudge(0, -NUDGE),
        _Key.Key_Down: lambda: commands.nudge(0, NUDGE),
    }
    with_both: dict[int, Callable[[], object]] = {
        _Key.Key_T: canvas.tidy,
        _Key.Key_D: lambda: canvas.tidy(downwards=True),
        _Key.Key_L: commands.select_same_type,
        _Key.Key_F: commands.toggle_frozen,
        _Key.Key_K: canvas.linking.disconnect,
        _Key.Key_Left: lambda: commands.align(Side.LEFT),
        _Key.Key_Right: lambda: commands.align(Side.RIGHT),
        _Key.Key_Up: lambda: commands.align(Side.TOP),
        _Key.Key_Down: lambda: commands.align(Side.BOTTOM),
        _Key.Key_C: lambda: commands.align(Side.CENTER),
        _Key.Key_M: lambda: commands.align(Side.MIDDLE),
        _Key.Key_H: lambda: commands.distribute(Direction.HORIZONTALLY),
        _Key.Key_V: lambda: commands.distribute(Direction.VERTICALLY),
        _Key.Key_Plus: lambda: canvas.zoom_to(canvas.view.zoom * ZOOM_STEP),
    }
    with_alt: dict[int, Callable[[], object]] = {
        _Key.Key_Left: lambda: canvas.pan_by_key(-1, 0),
        _Key.Key_Right: lambda: canvas.pan_by_key(1, 0),
        _Key.Key_Up: lambda: canvas.pan_by_key(0, -1),
        _Key.Key_Down: lambda: canvas.pan_by_key(0, 1),
    }
    name = QUICK_KEYS.get(event.text().upper()) if modifiers == _Modifier.NoModifier else None
    if name is not None:
        return lambda: canvas.add_layer(name)
    table = {
        _Modifier.NoModifier: plain,
        shift: with_shift,
        control: with_control,
        control | shift: with_both,
        _Modifier.AltModifier: with_alt,
    }.get(modifiers, {})
    return table.get(event.key())
