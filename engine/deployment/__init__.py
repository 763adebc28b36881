"""Giving a trained network to others: ONNX files that hold preparation, network and answer, and their use.

`export` writes and proves a file; `rules` says how each layer is written; `verify_file` and `predict` run files with
onnxruntime alone, in processes that never import torch. Absent on purpose: torch's own exporter, which needs seconds
and was seen to write wrong files without a warning.
"""
