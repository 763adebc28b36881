"""The loop, checkpoints, and runs on disk; a run is a process of its own."""
