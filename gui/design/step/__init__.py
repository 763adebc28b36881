"""A training step in numbers, on the canvas and under it."""
