"""What Boltzmann machines dream while they learn."""

from typing import ClassVar

from gui.train.live_views.sheets import SheetsCard


class DreamsCard(SheetsCard):
    """Each picture is a chain of dreams that goes on from look to look."""

    key: ClassVar[str] = "dreams"
    heading: ClassVar[str] = "Dreams"
    help: ClassVar[str] = "What a Boltzmann machine draws by itself: each picture goes on from the one before."
    spoken: ClassVar[str] = "Dreams"
