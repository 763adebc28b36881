"""Scores of a trained network on a split: metrics, confusion, calibration and the mistakes it was surest of."""
