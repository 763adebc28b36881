"""The request to look over a layer of the user's own, and its answer."""

import msgspec

from engine.protocol.messages.base import Event, Request


class CheckCode(Request, frozen=True, kw_only=True):
    """Look over a node with code of the user's own, as the project on disk holds it. -> CodeChecked

    `node` is its id in the flat form (`gate1`, inside a block `block1__gate1`).
    """

    project_dir: str
    node: str


class CodeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at in a layer of the user's own. `failed` is empty when all is well; `warns` marks what
    does not stop training."""

    subject: str
    failed: str = ""
    warns: bool = False


class CodeChecked(Event, frozen=True, kw_only=True):
    """What was found in a layer of the user's own. `output_shape` is that of a sample, 0 for a size that is free."""

    node: str
    findings: list[CodeFinding]
    output_shape: list[int]
    parameters: int

    @property
    def usable(self) -> bool:
        """Whether a network can be trained with it."""
        return all(not item.failed or item.warns for item in self.findings)
