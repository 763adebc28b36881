"""What all edits are: small frozen values with the name of their class in the journal."""

import msgspec


class EditValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag=True):
    """Base of all edits; the class name is the tag in the journal."""


class DataEdit(EditValue, frozen=True):
    """Base of the edits that change a part of the data spec (`engine.document.data_edits`)."""
