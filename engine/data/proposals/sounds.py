"""Branches for sound: a spectrogram is looked at as a picture, a waveform by convolutions over time."""

from engine.checks.field_specs import prepared_spec
from engine.data.proposals.drawing import Drawing
from engine.document.data_spec import Field


def sound_branch(drawing: Drawing, field: Field, number: int = 0) -> str:
    """Convolutions that halve time and pitch, then each filter's mean: how long a sound is no longer matters."""
    mark = "" if number == 0 else str(number + 1)
    shape = prepared_spec(field).shape
    drawing.put(f"sound{mark}", "Input", title=field.name, fields=[field.name])
    if len(shape) == 3:
        return _waveform(drawing, mark, shape[2] or 16_000)
    return _spectrogram(drawing, mark, shape[2] or 64, shape[3] or 100)


def _spectrogram(drawing: Drawing, mark: str, height: int, width: int) -> str:
    """Halved until the shorter side has about 5; width is doubled with each."""
    end, side, filters, number = f"sound{mark}", min(height, width), 16, 1
    while True:
        end = drawing.put(
            f"conv{number}{mark}", "Conv2d", end, out_channels=filters, kernel_size=3, padding=1, bias=False
        )
        end = drawing.put(f"norm{number}{mark}", "BatchNorm2d", end)
        end = drawing.put(f"relu{number}{mark}", "ReLU", end)
        if side < 10 or number == 5:
            break
        end = drawing.put(f"pool{number}{mark}", "MaxPool2d", end, kernel_size=2)
        side, filters, number = side // 2, min(128, filters * 2), number + 1
    end = drawing.put(f"average{mark}", "GlobalAveragePool2d", end)
    return drawing.put(f"dropout{mark}", "Dropout", end, p=0.2)


def _waveform(drawing: Drawing, mark: str, samples: int) -> str:
    """A wide first filter bank, as M5 (Dai et al. 2017), then quartered until about 30 moments are left."""
    end = drawing.put(f"conv1{mark}", "Conv1d", f"sound{mark}", out_channels=32, kernel_size=80, stride=4, padding=38)
    end = drawing.put(f"norm1{mark}", "BatchNorm1d", end)
    end = drawing.put(f"relu1{mark}", "ReLU", end)
    left, filters, number = samples // 4, 32, 1
    while left >= 120 and number < 5:
        end = drawing.put(f"pool{number}{mark}", "MaxPool1d", end, kernel_size=4)
        left, filters, number = left // 4, min(256, filters * 2), number + 1
        end = drawing.put(
            f"conv{number}{mark}", "Conv1d", end, out_channels=filters, kernel_size=3, padding=1, bias=False
        )
        end = drawing.put(f"norm{number}{mark}", "BatchNorm1d", end)
        end = drawing.put(f"relu{number}{mark}", "ReLU", end)
    end = drawing.put(f"average{mark}", "Mean", end, dim=2)
    return drawing.put(f"dropout{mark}", "Dropout", end, p=0.2)
