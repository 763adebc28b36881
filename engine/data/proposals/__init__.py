"""A first project for data: a network and a recipe that train well as they are, on two cores in minutes."""

import re

from engine.checks.playing import learns_to_act
from engine.data.proposals.acting import actor
from engine.data.proposals.drawing import Drawing
from engine.data.proposals.heads import head
from engine.data.proposals.masks import unet
from engine.data.proposals.pictures import picture_branch
from engine.data.proposals.recipes import recipe_for, series_recipe, train_count
from engine.data.proposals.series import forecast, series_branch
from engine.data.proposals.sounds import sound_branch
from engine.data.proposals.tables import COLUMNS, array_branch, table_branch
from engine.data.proposals.text import text_branch
from engine.data.proposals.writing import writer, writes
from engine.document.data_spec import DataSpec, FieldKind
from engine.document.graph import Edge
from engine.document.project import Project

__all__ = ["propose", "safe_name"]


def propose(name: str, data: DataSpec, samples: int = 0) -> Project:
    """A project for this data: a convolutional network, an LSTM or a small perceptron, joined when mixed; for an
    environment one that learns to act."""
    target = data.targets()[0]
    if learns_to_act(data):
        return actor(name, data)
    if writes(data):
        return writer(name, data, samples)
    pictures = [field for field in data.inputs() if field.kind is FieldKind.IMAGE]
    texts = [field for field in data.inputs() if field.kind is FieldKind.TEXT]
    values = [field for field in data.inputs() if field.kind in COLUMNS]
    count = train_count(data)
    drawing = Drawing()
    if target.kind is FieldKind.MASK and pictures:
        blocks = unet(drawing, pictures[0], target)
        recipe = recipe_for(data, count, pictures, texts=False)
        return Project(name=name, data=data, graph=drawing.graph, recipe=recipe, blocks=blocks)
    series = [field for field in data.inputs() if field.kind is FieldKind.SERIES]
    if target.kind is FieldKind.SERIES and series:
        drawing.finish(forecast(drawing, series[0], target), target, "MSELoss")
        return Project(name=name, data=data, graph=drawing.graph, recipe=series_recipe(samples, forecasts=True))
    branches: list[str] = []
    if pictures:
        branches.append(picture_branch(drawing, pictures[0]))
    sounds = [field for field in data.inputs() if field.kind is FieldKind.AUDIO]
    for number, sound in enumerate(sounds):
        if branches:
            drawing.wrap()
        branches.append(sound_branch(drawing, sound, number))
    for number, line in enumerate(series):
        if branches:
            drawing.wrap()
        branches.append(series_branch(drawing, line, number))
    for number, text in enumerate(texts):
        if branches:
            drawing.wrap()
        branches.append(text_branch(drawing, text, number, count))
    flat = [field for field in values if len(field.statistics.shape) <= 1]
    if flat:
        if branches:
            drawing.wrap()
        branches.append(table_branch(drawing, flat, alone=not branches, count=count))
    for field in values:
        if field not in flat:
            if branches:
                drawing.wrap()
            branches.append(array_branch(drawing, field))
    end = branches[0]
    if len(branches) > 1:
        drawing.wrap()
        drawing.put("joined", "Concatenate", count=len(branches))
        for port, branch in zip("abcdefghijklmnopqrstuvwxyz", branches, strict=False):
            drawing.graph.connect(Edge(source=branch, target="joined", input=port))
        end = drawing.put("hidden_all", "Linear", "joined", out_features=64)
        end = drawing.put("relu_all", "ReLU", end)
    head(drawing, end, target)
    return Project(name=name, data=data, graph=drawing.graph, recipe=recipe_for(data, count, pictures, bool(texts)))


def safe_name(text: str) -> str:
    """A project name from a file or folder name."""
    return re.sub(r"[_\-]+", " ", text).strip() or "project"
