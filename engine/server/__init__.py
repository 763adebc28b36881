"""The running engine: takes requests, runs work, sends events."""
