"""Modules that torch.nn lacks."""
