"""A real process that speaks the protocol and dies as it is told: what the engine's client is tested against."""

import os
import signal
import sys
import time

from engine.protocol.codec import encode, request_decoder
from engine.protocol.messages.base import EngineReady, Progress, Shutdown
from engine.protocol.messages.data import DataDescribed, DescribeData, SplitCounts


def main() -> None:
    """Answer DescribeData; its `project_dir` says how: "ok", or a way to die."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(event: object) -> None:
        out.write(encode(event))  # type: ignore[arg-type]
        out.flush()

    if "at-start" in sys.argv:
        print("ImportError: no such thing", file=sys.stderr)
        raise SystemExit(1)
    say(EngineReady(version="test", protocol=99 if "other-version" in sys.argv else 1))
    decoder = request_decoder()
    while data := os.read(0, 1 << 16):
        for request in decoder.feed(data):
            if isinstance(request, Shutdown):
                return
            if not isinstance(request, DescribeData):
                continue
            match request.project_dir:
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "segfault":
                    os.kill(os.getpid(), signal.SIGSEGV)
                case "exception":
                    raise RuntimeError("the roof is on fire")
                case "exit":
                    return
                case "garbage":
                    out.write(b"\xff\xff\xff\xff and then some")
                    out.flush()
                    time.sleep(60)
                case "silence":
                    time.sleep(60)
                case _:
                    say(Progress(request=request.id, fraction=0.5))
                    say(DataDescribed(request=request.id, samples=7, counts=SplitCounts(train=7)))


main()
