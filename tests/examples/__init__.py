"""Trains every example project to the end and measures what its README promises: `make examples`."""
