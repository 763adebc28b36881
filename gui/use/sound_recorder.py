"""Records in a process of its own: `python -m gui.use.sound_recorder RATE` writes 16-bit samples till ended."""

import sys
from typing import Any

_BLOCK_S = 0.04


def main(arguments: list[str]) -> int:
    """Write sound to stdout, or the reason why there is none to stderr."""
    if len(arguments) != 1 or not arguments[0].isdigit():
        sys.stderr.write("usage: sound_recorder RATE\n")
        return 2
    rate = int(arguments[0])
    try:
        import sounddevice  # PortAudio comes with it on Windows and macOS
    except (ImportError, OSError) as error:
        sys.stderr.write(f"The package sounddevice cannot be used: {error}")
        return 1
    out = sys.stdout.buffer
    try:
        stream: Any = sounddevice.RawInputStream(
            samplerate=rate, channels=1, dtype="int16", blocksize=int(rate * _BLOCK_S)
        )
        with stream:
            while True:
                data, _overflowed = stream.read(int(rate * _BLOCK_S))
                out.write(bytes(data))
                out.flush()
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - PortAudio's own errors and more; the window tells the user
        sys.stderr.write(str(error).splitlines()[0] if str(error) else type(error).__name__)
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
