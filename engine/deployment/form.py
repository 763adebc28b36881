"""How a file is to be written: number format, opset, what is in it. Imports neither torch nor onnx."""

from dataclasses import dataclass
from typing import Final

from engine.checks.file_ports import NEWEST_OPSET, OLDEST_OPSET, USUAL_OPSET
from engine.errors import ExportError

__all__ = ["CONTENTS", "INT8_KINDS", "NEWEST_OPSET", "OLDEST_OPSET", "PRECISIONS", "USUAL_OPSET", "FileForm"]

PRECISIONS: Final = ("float32", "float16", "int8")
CONTENTS: Final = ("whole", "network")
INT8_KINDS: Final = ("auto", "static", "dynamic")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm:
    """`contents` "whole" is raw input to answer, "network" the network alone: prepared numbers in, its outputs as they
    are.

    `optimised`: constants folded and BatchNorm drawn into convolutions. `int8` says how whole numbers get their scales:
    "static" from samples of the train split, "dynamic" while the file runs, "auto" what suits the network.
    """

    precision: str = "float32"
    opset: int = USUAL_OPSET
    contents: str = "whole"
    optimised: bool = False
    int8: str = "auto"

    def check(self) -> None:
        """Raises ExportError for what is not offered."""
        for value, choices, noun in (
            (self.precision, PRECISIONS, "precision"),
            (self.contents, CONTENTS, "contents"),
            (self.int8, INT8_KINDS, "int8"),
        ):
            if value not in choices:
                raise ExportError(
                    f"There is no {noun} '{value[:40]}'.", where=noun, expected=", ".join(choices), found=value[:40]
                )
        if not OLDEST_OPSET <= self.opset <= NEWEST_OPSET:
            raise ExportError(
                f"Opset {self.opset} is not offered.",
                where="opset",
                expected=f"{OLDEST_OPSET} to {NEWEST_OPSET}",
                found=str(self.opset),
                hint=f"{USUAL_OPSET} runs in every current program.",
            )
