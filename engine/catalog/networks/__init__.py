"""Blocks and whole networks that are drawn already: to be put on the canvas, opened and changed."""
