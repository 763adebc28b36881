"""A push button with a role, an icon, and a reason whenever it cannot be pressed."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QWidget

from gui.widgets.icons import icon as tinted_icon
from gui.widgets.plain_text import button_text, tooltip_text
from gui.widgets.stylesheet import set_role

_ICON_TOKEN = {"primary": "on_accent", "danger": "error_text", "link": "link", "quiet": "dim", "icon": "dim"}


class Button(QPushButton):
    """Roles: empty (ordinary), primary, danger, quiet, link, icon."""

    def __init__(
        self,
        text: str = "",
        *,
        role: str = "",
        icon: str = "",
        tooltip: str = "",
        small: bool = False,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self._icon = ("", "")  # name and role: the role decides the colour
        self.set_text(text)
        if role:
            set_role(self, role=role)
        if small:
            self.setProperty("density", "compact")
        if name:
            self.setObjectName(name)
        if icon:
            self.set_icon(icon)
        self.setToolTip(tooltip_text(tooltip))
        self.setAccessibleName(text or tooltip)
        self.setAutoDefault(False)
        # A click does not take the focus, so the ring shows only for those who use the keyboard.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_text(self, text: str) -> None:
        """Change the caption; a space keeps it off the icon."""
        self.setText(button_text(text))
        self.setAccessibleName(text or self._tooltip)

    def set_icon(self, name: str) -> None:
        """Change the icon; empty takes it away."""
        role = str(self.property("role") or "")
        if (name, role) == self._icon:
            return
        self._icon = (name, role)
        self.setIcon(tinted_icon(name, _ICON_TOKEN.get(role, "text")) if name else QIcon())
        side = 14 if name in ("play", "pause", "stop") and self.text() else 16
        self.setIconSize(QSize(side, side))

    def set_blocked(self, reason: str) -> None:
        """Disable the button and say why, in its tooltip and to screen readers; an empty reason enables it."""
        self.setEnabled(not reason)
        self.setToolTip(tooltip_text(reason or self._tooltip))
        self.setAccessibleDescription(reason)

    def blocked_reason(self) -> str:
        """Why the button cannot be pressed; empty when it can."""
        return "" if self.isEnabled() else self.accessibleDescription()
