"""What a run has before it, phase by phase, as its log says: steps, and how many samples each phase learns from."""

from engine.protocol.run_events import PhaseAhead, RunPrepared


def phases_ahead(prepared: RunPrepared, epochs: int) -> list[PhaseAhead]:
    """The phases of a run of so many epochs; those that it was given later belong to the last phase.

    One phase alone where the log does not tell them.
    """
    if not prepared.phases:
        return [
            PhaseAhead(
                epochs=epochs,
                samples=prepared.samples,
                batch_size=prepared.batch_size,
                accumulate=prepared.accumulate,
                steps_per_epoch=prepared.steps_per_epoch,
            )
        ]
    *first, last = prepared.phases
    left = max(0, epochs - sum(phase.epochs for phase in first))
    return [*first, last.of_epochs(left)]


def steps_planned(phases: list[PhaseAhead]) -> int:
    """All steps of these phases."""
    return sum(phase.epochs * phase.steps_per_epoch for phase in phases)


def samples_left(phases: list[PhaseAhead], step: int) -> int:
    """How many samples are still looked at after a step, each time counted."""
    left = 0
    for phase in phases:
        steps = phase.epochs * phase.steps_per_epoch
        left += max(0, steps - step) * phase.samples_per_step
        step = max(0, step - steps)
    return left


def phase_at(phases: list[PhaseAhead], step: int) -> PhaseAhead:
    """The phase in which a step lies, from 1; the last one for those behind the end."""
    for phase in phases[:-1]:
        step -= phase.epochs * phase.steps_per_epoch
        if step <= 0:
            return phase
    return phases[-1]


def samples_told(prepared: RunPrepared) -> tuple[str, list[tuple[str, str]]]:
    """How many samples a run learns from, in figures; and for each phase by its name, where a phase has fewer."""
    whole, phases = f"{prepared.samples:,}", prepared.phases
    if all(phase.plays or phase.samples == prepared.samples for phase in phases):
        return whole, []
    if len(phases) == 1:
        return f"{phases[0].samples:,} of {whole}", []
    told = [
        (phase.name or f"phase {number}", "what it plays" if phase.plays else f"{phase.samples:,}")
        for number, phase in enumerate(phases, start=1)
    ]
    return whole, told
