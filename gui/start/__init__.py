"""The start page: examples, recent projects, drop data here."""
