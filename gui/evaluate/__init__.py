"""Tab Evaluate: scores, confusion matrix, mistakes; absent on purpose: any scoring, which is the engine's."""
