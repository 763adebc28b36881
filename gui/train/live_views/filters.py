"""What the layers look for that see a picture directly."""

from typing import ClassVar

from gui.train.live_views.sheets import SheetsCard


class FiltersCard(SheetsCard):
    """Grey is no weight, white counts for the unit and black against it."""

    key: ClassVar[str] = "filters"
    heading: ClassVar[str] = "Filters"
    help: ClassVar[str] = "What each unit of the first layer looks for in a picture: white for it, black against it."
    spoken: ClassVar[str] = "Filters"
