"""Importers, preparation, splits, cache and batches: everything between files and tensors."""
