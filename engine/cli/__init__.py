"""The command line, over the same rooms as the server."""
