"""The command line, over the same rooms as the server.

One file a command under `commands/`: its arguments, one JSON object, and that object for a person. Absent on purpose:
`screenshot` and the window itself, which belong to `gui`; imports of torch before a command needs it.
"""
