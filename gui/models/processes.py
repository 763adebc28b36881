"""Whether a process that wrote its number into a run's log is still the one that runs under it."""

import os
import sys
from pathlib import Path
from typing import Final

_CLOCK_SLACK_S: Final = 5.0


def is_alive(pid: int, started: float = 0.0) -> bool:
    """Whether the process lives. A process younger than `started` (seconds since 1970, 0 unknown) is another one."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_alive_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return not sys.platform.startswith("linux")  # ours may always be signalled; this number was given away
    return _linux_state(pid, started) if sys.platform.startswith("linux") else True


def _linux_state(pid: int, started: float) -> bool:
    """Tells a zombie (ended, not yet reaped) and a number used again from the living process; proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        if fields[0] in "ZX":
            return False
        if started:
            born = _boot_time() + int(fields[19]) / os.sysconf("SC_CLK_TCK")
            return born <= started + _CLOCK_SLACK_S
    except (OSError, ValueError, IndexError):
        return Path(f"/proc/{pid}").exists()
    return True


def _boot_time() -> float:
    for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    raise ValueError("no btime in /proc/stat")


def _is_alive_windows(pid: int) -> bool:
    import ctypes

    query_limited, still_active = 0x1000, 259
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(query_limited, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == still_active
