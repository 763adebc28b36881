"""Preparation steps on tensors and in ONNX: one class says both, so the exported file prepares as training did."""

from engine.data.preparation.chain import Preparation, write_joined_input

__all__ = ["Preparation", "write_joined_input"]
