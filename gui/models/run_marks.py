"""What happened in a run at a step, in a few words: marks in its charts."""

from dataclasses import dataclass

from engine.protocol.run_events import BatchChanged, RunNote, SettingsChanged


@dataclass(frozen=True, kw_only=True)
class RunMark:
    """Something that happened at a step."""

    step: int
    text: str
    warns: bool = False


def settings_mark(event: SettingsChanged) -> RunMark:
    """`learning rate 0.001`."""
    parts = []
    if event.learning_rate is not None:
        parts.append(f"learning rate {event.learning_rate:.3g}")
    if event.clip_norm is not None:
        parts.append(f"clip norm {event.clip_norm:.3g}" if event.clip_norm else "clip norm off")
    words = ", ".join(parts) or "settings changed"
    return RunMark(step=event.step, text=f"{event.player}: {words}" if event.player else words)


def batch_mark(event: BatchChanged) -> RunMark:
    """`batch 32 × 4: memory ran out`."""
    reason = f": {event.reason}" if event.reason else ""
    return RunMark(step=event.step, text=f"batch {event.batch_size} × {event.accumulate}{reason}", warns=True)


def note_mark(event: RunNote, step: int) -> RunMark:
    """A note of the run at a step."""
    return RunMark(step=step, text=event.text, warns=event.warning)
