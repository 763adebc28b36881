"""Tab Train: recipe, run list, progress, live charts."""
