"""Layers, a file a family; adding a layer means adding one class here."""
