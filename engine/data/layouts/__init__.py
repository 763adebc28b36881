"""How samples can lie in files: each layout says how sure it is, and the surest reads them."""

from engine.data.layouts.boxes import Boxes
from engine.data.layouts.environment import Environment
from engine.data.layouts.idx import Idx
from engine.data.layouts.image_folder import ImageFolder
from engine.data.layouts.layout import Layout, Wishes
from engine.data.layouts.loose_files import LooseFiles
from engine.data.layouts.manifest import ManifestTable
from engine.data.layouts.masks import Masks
from engine.data.layouts.named_files import NamedFiles
from engine.data.layouts.npz import Npz
from engine.data.layouts.parallel_text import ParallelText
from engine.data.layouts.plain_text import PlainText
from engine.data.layouts.points import Points
from engine.data.layouts.series import SeriesTable
from engine.data.layouts.shared_names import SharedNamesFiles
from engine.data.layouts.sound_folder import SoundFolder
from engine.data.layouts.table import TableFile
from engine.data.layouts.text_lines import TextLines
from engine.data.readers.files import FileTree
from engine.document.data_spec import SourceKind
from engine.errors import DataError

__all__ = ["LAYOUTS", "Layout", "Wishes", "candidates", "layout_of", "layout_of_address"]

LAYOUTS: tuple[Layout, ...] = (
    Idx(),
    Npz(),
    Boxes(),
    Masks(),
    ManifestTable(),
    ImageFolder(),
    SoundFolder(),
    SharedNamesFiles(),
    NamedFiles(),
    LooseFiles(),
    SeriesTable(),
    TableFile(),
    TextLines(),
    ParallelText(),
    PlainText(),
    Points(),
    Environment(),
)
"""Every layout; of those that are equally sure the first is taken."""

_BY_KIND = {layout.kind: layout for layout in LAYOUTS}


def layout_of(kind: SourceKind) -> Layout:
    """The layout of a source. Raises DataError for one that cannot be read."""
    found = _BY_KIND.get(kind)
    if found is None:
        raise DataError(f"Data of the kind {kind.value} cannot be read.", where=kind.value)
    return found


def layout_of_address(path: str) -> Layout | None:
    """The layout that a path which is no file speaks of, as gym:CartPole-v1 does."""
    return next((layout for layout in LAYOUTS if layout.address and path.startswith(layout.address)), None)


def candidates(tree: FileTree, task: str = "") -> list[Layout]:
    """The layouts that the files may have, surest first; one that is there for the task before all others."""
    sure = [(layout.match(tree), number, layout) for number, layout in enumerate(LAYOUTS)]
    sure.sort(key=lambda item: (task not in item[2].tasks, -item[0], item[1]))
    return [layout for score, _, layout in sure if score > 0]
