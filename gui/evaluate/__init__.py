"""Tab Evaluate: scores, confusion matrix, mistakes."""
