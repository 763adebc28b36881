"""Whether things may move on the screen: some people get ill from it, and others find it slow."""

from PySide6.QtWidgets import QApplication, QStyle

_less_motion = False  # set from the settings, at start and when the user changes them


def set_less_motion(wanted: bool) -> None:
    """Show results at once instead of moving to them."""
    global _less_motion
    _less_motion = wanted


def may_move() -> bool:
    """Whether neither the user nor the desktop has asked for less motion."""
    if _less_motion:
        return False
    style = QApplication.style()
    return style is None or style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
