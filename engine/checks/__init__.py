"""Shapes, problems, cost and repairs of a document, in plain Python, so that editing never waits for torch."""
