"""The running engine: takes requests, runs work, sends events.

One file a request under `handlers/`, over the same rooms as the command line. Absent on purpose: any memory of a
project (each request names its folder and reads what was saved there; only open datasets and models are kept, for
speed), and training, which is a process of its own and outlives the engine.
"""
