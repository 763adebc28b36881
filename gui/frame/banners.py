"""Messages at the top of the page, one a subject: a newer word on the same subject replaces the older one."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.notice import Notice
from gui.widgets.tokens import GAP

SHOWN_AT_ONCE = 3


class Banners(QWidget):
    """Takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners")
        self.setAccessibleName("Messages")
        self.setProperty("role", "page")
        self._notices: dict[str, Notice] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GAP, GAP, GAP, GAP)
        self._column.setSpacing(8)
        self.hide()

    def say(
        self,
        subject: str,
        kind: str,
        title: str,
        text: str = "",
        buttons: Sequence[tuple[str, Callable[[], None]]] = (),
        *,
        closable: bool = True,
    ) -> None:
        """Show a message; each button is a caption and what it does, after which the message goes."""
        self.drop(subject)
        made: list[Button] = []
        for caption, do in buttons:
            button = Button(caption, small=True, role="primary" if not made else "")
            button.clicked.connect(lambda _checked=False, do=do: self._on_clicked(subject, do))
            made.append(button)
        notice = Notice(kind, title, text, made, closable=closable, name=f"banner.{subject}")
        notice.dismissed.connect(lambda: self.drop(subject))
        self._notices[subject] = notice
        self._column.addWidget(notice)
        while len(self._notices) > SHOWN_AT_ONCE:
            self.drop(next(iter(self._notices)))
        self.show()

    def drop(self, subject: str) -> None:
        """Take a message away."""
        notice = self._notices.pop(subject, None)
        if notice is not None:
            self._column.removeWidget(notice)
            notice.hide()
            notice.deleteLater()
        if not self._notices:
            self.hide()

    def clear(self) -> None:
        """Take every message away."""
        for subject in list(self._notices):
            self.drop(subject)

    def shown(self) -> dict[str, tuple[str, str]]:
        """Title and text by subject."""
        return {subject: (notice.title(), notice.text()) for subject, notice in self._notices.items()}

    def notice(self, subject: str) -> Notice | None:
        """The message on a subject."""
        return self._notices.get(subject)

    def _on_clicked(self, subject: str, do: Callable[[], None]) -> None:
        self.drop(subject)
        do()
