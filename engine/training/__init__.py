"""Runs on disk, the process of a run and its loop.

`run` is the process; it gives `loop` what it needs. `runs` is what other rooms use: create, start, find and list
runs. Absent on purpose: pickle and torch.load (a checkpoint is safetensors and JSON), worker processes (batches are
gathered from memory), and any number that does not follow from recipe, seed and data, so that a killed run reaches
the same weights when resumed.
"""
