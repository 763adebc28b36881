"""An engine whose handlers do strange things, run as a real process by the tests of the server."""

import os
import sys
import time

from engine.errors import Cancelled, DataError
from engine.protocol.messages.base import EngineReady
from engine.protocol.messages.data import (
    DataDescribed,
    DescribeData,
    GetSamples,
    ImportData,
    SampleCard,
    SamplesRead,
    SplitCounts,
)
from engine.protocol.messages.deployment import Export, Predict
from engine.protocol.messages.evaluation import Evaluate
from engine.server.channel import Channel, claim_stdout
from engine.server.server import Handler, Server


def describe(request, work):
    print("a stray print")
    os.write(1, b"a stray write from a library in C\n")
    return DataDescribed(request=request.id, samples=int(request.project_dir or 0), counts=SplitCounts())


def wait_politely(request, work):
    number = 0
    while True:
        number += 1
        work.progress(min(0.99, number / 1000), f"Waiting: {number}")
        time.sleep(0.005)


def wait_deaf(request, work):
    """Looks at the wish to stop only now and then, and not through progress."""
    while not work.cancelled():
        time.sleep(0.01)
    raise Cancelled


def break_down(request, work):
    match request.path:
        case "expected":
            raise DataError("Row 3 has no label.", where="pets.csv, row 3", hint="Fill it in.")
        case "division":
            return 1 / 0
        case "memory":
            raise MemoryError
        case "exit":
            sys.exit(5)
        case "recursion":
            return break_down(request, work)
        case "too large":
            return SamplesRead(request=request.id, cards=[SampleCard(index=0, rgb=bytes(70_000_000))])
        case _:
            raise ImportError("no module named torch")


def quick(request, work):
    return SamplesRead(request=request.id, cards=[SampleCard(index=index) for index in request.indices])


def crash(request, work):
    os.abort()


HANDLERS = {
    DescribeData: Handler(lambda: describe),
    Evaluate: Handler(lambda: wait_politely),
    Export: Handler(lambda: wait_deaf),
    ImportData: Handler(lambda: break_down),
    GetSamples: Handler(lambda: quick, quick=True),
    Predict: Handler(lambda: crash, quick=True),
}

if __name__ == "__main__":
    code = Server(Channel(claim_stdout()), HANDLERS).serve(0, EngineReady(version="toy"))
    sys.stderr.flush()
    os._exit(code)
