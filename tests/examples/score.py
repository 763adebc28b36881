"""A measured figure, and what it has to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """`value` of what `name` says; without a bound it is only stated."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is within its bounds; a figure that is no number is not."""
        return (
            self.value == self.value
            and (self.at_least is None or self.value >= self.at_least)
            and (self.at_most is None or self.value <= self.at_most)
        )

    @property
    def asked(self) -> str:
        """The bounds in words."""
        words = []
        if self.at_least is not None:
            words.append(f"at least {figure(self.at_least)}")
        if self.at_most is not None:
            words.append(f"at most {figure(self.at_most)}")
        return ", ".join(words) or "stated"


def figure(value: float) -> str:
    """A number as it stands in a table: four digits that matter."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
