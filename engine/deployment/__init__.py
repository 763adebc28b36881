"""ONNX out, its proof, and answers from the exported file."""
