"""Networks for series: convolutions over time to tell them apart, changes from the last value to forecast them."""

from engine.data.proposals.drawing import Drawing
from engine.document.data_spec import Field


def forecast(drawing: Drawing, past: Field, answer: Field) -> str:
    """What comes next as a change from the last value: series drift, and what they were years ago matters little.

    The network reads the window's differences from its own last moment, so a level that training never saw is none it
    has to know. One value alone is read by a hidden layer (carbon dioxide 12 weeks ahead: off by 0.38 ppm, with an LSTM
    0.46; sunspots: by 20.7, with an LSTM 24), several by an LSTM (highest temperature of 7 days: 2.83, with a hidden
    layer 3.09).
    """
    horizon, channels = answer.statistics.shape[0] or 1, answer.statistics.shape[1] or 1
    names, wanted = past.options.get("columns"), answer.options.get("columns")
    known = isinstance(names, list) and isinstance(wanted, list) and set(map(str, wanted)) <= set(map(str, names))
    width = past.statistics.shape[1] or 1
    drawing.put("past", "Input", title=past.name, fields=[past.name])
    last = drawing.put("last", "Slice", "past", "The last moment", dim=1, start=-1)
    drawing.put("level", "Subtract", title="From its level")
    drawing.link("past", "level", "a")
    drawing.link("last", "level", "b")
    if width == 1:
        end = drawing.put("flatten", "Flatten", "level")
        drawing.wrap()
        end = drawing.put("hidden", "Linear", end, out_features=64)
        end = drawing.put("relu", "ReLU", end)
        end = drawing.put("dropout", "Dropout", end, p=0.1)
    else:
        end = drawing.put("lstm", "LSTM", "level", hidden_size=64)
        end = drawing.put("dropout", "Dropout", end, p=0.1)
        drawing.wrap()
    end = drawing.put("change", "Linear", end, out_features=horizon * channels)
    end = drawing.put("ahead", "Reshape", end, shape=[horizon, channels])
    if not known:
        return end
    assert isinstance(names, list) and isinstance(wanted, list)
    places = [[str(item) for item in names].index(str(item)) for item in wanted]
    if width > 1 or places != [0]:
        first = places[0]
        if places != list(range(first, first + channels)):
            return end
        last = drawing.put("kept", "Slice", last, "What is forecast", dim=2, start=first, end=first + channels)
    drawing.put("next", "Add", title="Last value and change")
    drawing.link(end, "next", "a")
    drawing.link(last, "next", "b")
    return "next"


def series_branch(drawing: Drawing, field: Field, number: int = 0) -> str:
    """Convolutions over time, then the mean of all moments: where in the series something happens does not matter."""
    mark = "" if number == 0 else str(number + 1)
    length = field.statistics.shape[0] if field.statistics.shape else None
    end = drawing.put(f"series{mark}", "Input", title=field.name, fields=[field.name])
    end = drawing.put(f"turned{mark}", "Transpose", end, "Channels first", dim0=1, dim1=2)
    left, filters = length or 64, 32
    for layer in range(1, 4):
        end = drawing.put(
            f"conv{layer}{mark}", "Conv1d", end, out_channels=filters, kernel_size=5, padding=2, bias=False
        )
        end = drawing.put(f"norm{layer}{mark}", "BatchNorm1d", end)
        end = drawing.put(f"relu{layer}{mark}", "ReLU", end)
        if left >= 16 and layer < 3:
            end = drawing.put(f"pool{layer}{mark}", "MaxPool1d", end, kernel_size=2)
            left = left // 2
        filters = min(128, filters * 2)
    end = drawing.put(f"mean{mark}", "Mean", end, dim=2)
    return drawing.put(f"dropout{mark}", "Dropout", end, p=0.2)
