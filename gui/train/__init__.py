"""Tab Train: recipe, runs, progress and live charts; absent on purpose: torch, and any doing of the training itself."""
