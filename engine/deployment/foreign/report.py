"""What an import did, in figures and in words."""

from engine.deployment.foreign.importing import Network
from engine.deployment.foreign.reading import ForeignModel
from engine.document.data_spec import FieldKind, Role

_MOST_NAMED = 6


def notes_on(model: ForeignModel, network: Network) -> list[str]:
    """What a person should know of the imported network, a sentence each."""
    notes = []
    imported = network.imported
    if imported.opaque:
        names = sorted(imported.opaque, key=lambda name: (-imported.opaque[name], name))
        named = ", ".join(f"{name} ({imported.opaque[name]})" for name in names[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        notes.append(
            f"{sum(imported.opaque.values())} operators have no layer that does the same and stay as they are: "
            f"{named}{more}. They run, train and are exported like any layer."
        )
    if not network.facts.batch_free:
        count = network.facts.batch
        if count:
            size = "one sample" if count == 1 else f"{count} samples"
            notes.append(f"The file holds the size of its batch: it takes {size} at a time, no more and no fewer.")
        else:
            notes.append("Its inputs do not begin with the samples, so it cannot be trained in batches.")
    fields = imported.project.data.fields
    pictures = [field.name for field in fields if field.kind is FieldKind.IMAGE]
    if pictures:
        notes.append(
            f"'{pictures[0]}' takes pictures, brought to its size and to numbers from 0 to 1. If it learned from "
            "pictures prepared otherwise, change that in the tab Data."
        )
    if any(item.kind != "tensor" or item.element == 8 for item in model.inputs):
        notes.append("It takes texts or lists as they are, which no field of the data can give it yet.")
    targets = [field.name for field in fields if field.role is Role.TARGET]
    if targets:
        notes.append(
            "To train it on, add data in the tab Data, choose its fields at the Inputs, and freeze what is to stay."
        )
    return notes
