"""One file a command: its arguments, what it does (one JSON object), and that object for a person."""
