"""Gymnasium environments: opening them, playing them, their moments as what a network takes, and their pictures.

gymnasium is an extra of its own and imported nowhere else.
"""
