"""Scores and mistakes of a trained run."""
