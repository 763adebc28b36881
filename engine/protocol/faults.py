"""A fault of our own, or memory that ran out, as an error object in the user's words, and its trace."""

import traceback


def fault(error: BaseException) -> tuple[dict[str, str], str]:
    """The error object (kind "internal" or "memory") and the trace. The message never holds the trace."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        kind, message = "memory", "There is not enough memory for this."
        hint = "Close other programs, or use a smaller batch or fewer samples."
    else:
        kind, message = "internal", f"Something went wrong inside Netwright ({type(error).__name__})."
        hint = "Your work is safe. Try again; if it happens again, report it with the details."
    found = str(error).strip().splitlines()
    said = found[0][:200] if found else ""
    return (
        {"kind": kind, "where": "", "message": message, "expected": "", "found": said, "hint": hint},
        details,
    )
