"""Tab Data: sources, sample grid, checks, split, preparation."""
