"""Dates: how late, and places in the year, the month, the week and the day, from seconds since 1970 in float64."""

import math
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor

from engine.catalog.preparation_columns import CYCLES
from engine.data.preparation.rule import Rule
from engine.data.preparation.symbols import Symbol

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

_DAY = 86400.0

Value = TypeVar("Value", Tensor, Symbol)


def places(seconds: Value) -> dict[str, Value]:
    """The place of a moment in each cycle, from 0 to 1; years begin with March, which has the leap day at their end.

    Source: Howard Hinnant, civil_from_days, in float64, which holds every second of a hundred million years.
    """
    days = (seconds / _DAY).floor()
    shifted = days + 719468.0
    era = (shifted / 146097.0).floor()
    of_era = shifted - era * 146097.0
    leaps = (of_era / 1460.0).floor() - (of_era / 36524.0).floor() + (of_era / 146096.0).floor()
    year = ((of_era - leaps) / 365.0).floor()
    of_year = of_era - (year * 365.0 + (year / 4.0).floor() - (year / 100.0).floor())
    month = ((of_year * 5.0 + 2.0) / 153.0).floor()
    of_month = of_year - ((month * 153.0 + 2.0) / 5.0).floor()
    since_monday = days + 3.0
    return {
        "year": of_year / 366.0,
        "month": month / 12.0,
        "day": of_month / 31.0,
        "weekday": (since_monday - (since_monday / 7.0).floor() * 7.0) / 7.0,
        "hour": (seconds - days * _DAY) / _DAY,
    }


class DatePartsRule(Rule):
    """float64 (N,) with NaN for what is missing to float32 (N, columns)."""

    @property
    def _mean(self) -> float:
        return self.statistics.mean[0] if self.statistics.mean else 0.0

    @property
    def _std(self) -> float:
        std = self.statistics.std[0] if self.statistics.std else 1.0
        return std if math.isfinite(std) and std > 0 else 1.0

    def _cycles(self) -> list[str]:
        return [name for name in CYCLES if getattr(self.step, name)]

    def apply(self, batch: Tensor) -> Tensor:
        """float64 (N,) to float32 (N, columns)."""
        known = batch.isfinite()
        seconds = torch.where(known, batch.to(torch.float64), self._mean)
        columns = [(seconds - self._mean) / self._std] if self.step.trend else []
        place = places(seconds)
        for name in self._cycles():
            angle = (place[name] * math.tau).to(torch.float32)
            columns += [angle.sin(), angle.cos()]
        return torch.stack([column.to(torch.float32) for column in columns], 1) * known[:, None]

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        missing = writer.add("IsNaN", [value])
        mean = writer.constant(np.array(self._mean, np.float64), stem="mean")
        seconds = Symbol(writer, writer.add("Where", [missing, mean, value]))
        columns = []
        if self.step.trend:
            trend = (seconds - self._mean) / self._std
            columns.append(writer.add("Cast", [trend.name], to=TensorProto.FLOAT))
        place = places(seconds)
        for name in self._cycles():
            angle = writer.add("Cast", [(place[name] * math.tau).name], to=TensorProto.FLOAT)
            columns += [writer.add("Sin", [angle]), writer.add("Cos", [angle])]
        axis = writer.constant(np.array([1], np.int64))
        parts: list[Any] = [writer.add("Unsqueeze", [column, axis]) for column in columns]
        joined = writer.add("Concat", parts, axis=1)
        known = writer.add("Cast", [writer.add("Not", [missing])], to=TensorProto.FLOAT)
        return cast(str, writer.add("Mul", [joined, writer.add("Unsqueeze", [known, axis])]))


DATE_RULES: tuple[type[Rule], ...] = (DatePartsRule,)
