"""Networks that come from elsewhere: an ONNX file becomes a project with an editable graph and its weights.

`importing.import_model` is the door. Nothing a file holds is run but operators of the table in
`engine.compiler.onnx_operators`; what cannot be read, is too large or makes no sense is refused with a sentence.
"""
