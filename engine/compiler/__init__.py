"""Graph -> torch module, and -> readable PyTorch source; `modules/` holds what torch.nn lacks.

`plan` orders the graph once for everyone: the module, the source and the ONNX export. Whatever is generated holds only
names and literals the compiler made itself, so that a project cannot smuggle code in.
"""
