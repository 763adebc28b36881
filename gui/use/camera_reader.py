"""Reads a camera in a process of its own: `python -m gui.use.camera_reader SIDE FPS [FORMAT DEVICE]`.

Each picture is `width height` in one line, then RGB bytes, until the process is ended. FORMAT and DEVICE are FFmpeg's;
without them the first camera of this machine is taken.
"""

import sys
import time
from pathlib import Path
from typing import Any

_FORMATS = {"win32": "dshow", "darwin": "avfoundation"}


def find_camera(av: Any) -> tuple[str, str]:
    """FFmpeg's format and device of the first camera. Raises LookupError."""
    name = next((found for start, found in _FORMATS.items() if sys.platform.startswith(start)), "v4l2")
    if name == "v4l2":
        nodes = sorted(Path("/dev").glob("video*"), key=lambda path: (len(path.name), path.name))
        if not nodes:
            raise LookupError("There is no camera.")
        return name, str(nodes[0])
    devices = [device for device in av.enumerate_input_devices(name) if "video" in str(device.media_types).lower()]
    if not devices:
        raise LookupError("There is no camera.")
    first = next((device for device in devices if device.is_default), devices[0])
    return name, f"video={first.name}" if name == "dshow" else str(first.name)


def main(arguments: list[str]) -> int:
    """Write pictures to stdout, or the reason why there are none to stderr."""
    if len(arguments) not in (2, 4) or not all(number.isdigit() for number in arguments[:2]):
        sys.stderr.write("usage: camera_reader SIDE FPS [FORMAT DEVICE]\n")
        return 2
    side, pace = max(8, int(arguments[0])), 1 / max(1, int(arguments[1]))
    out = sys.stdout.buffer
    try:
        import av

        source, device = (arguments[2], arguments[3]) if len(arguments) == 4 else find_camera(av)
        with av.open(device, format=source) as container:
            due = 0.0
            for frame in container.decode(video=0):
                if time.monotonic() < due:
                    continue  # a camera is faster than the window shows
                due = time.monotonic() + pace
                scale = min(1.0, side / max(frame.width, frame.height))
                width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
                pixels = frame.to_ndarray(width=width, height=height, format="rgb24")
                out.write(b"%d %d\n" % (width, height) + pixels.tobytes())
                out.flush()
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - FFmpeg's own errors and more; the window tells the user
        sys.stderr.write(str(error).splitlines()[0] if str(error) else type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
