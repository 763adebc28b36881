"""A proposal taken in as one step, its blocks with it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.checks.report import check
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.document.edits import apply
from engine.document.project import Project
from engine.document.project_json import to_bytes
from gui.models.data import import_edit


@pytest.fixture
def masks(tmp_path: Path) -> Project:
    """What is proposed for pictures with masks: a U-Net, which has blocks."""
    random = np.random.default_rng(1)
    for folder, high in (("images", 255), ("masks", 2)):
        (tmp_path / folder).mkdir()
        for number in range(6):
            pixels = random.integers(0, high, (32, 32), np.uint8) * (1 if high > 2 else 255)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / folder / f"{number}.png")
    return propose("cells", inspect(tmp_path).data)


def test_the_blocks_of_a_proposal_come_with_it(masks: Project) -> None:
    assert masks.blocks
    project = Project(name="empty")
    before = to_bytes(project)
    back = apply(project, import_edit(project, masks, "cells"))
    assert {block.title for block in project.blocks.values()} == {block.title for block in masks.blocks.values()}
    assert project.graph.nodes.keys() == masks.graph.nodes.keys()
    assert [problem.message for problem in check(project).problems if problem.severity.value == "error"] == []
    apply(project, back)
    assert to_bytes(project) == before


def test_data_alone_come_where_something_is_drawn(masks: Project) -> None:
    project = Project(name="drawn", graph=masks.graph, blocks=dict(masks.blocks))
    kept = dict(project.graph.nodes)
    apply(project, import_edit(project, masks, "cells"))
    assert project.graph.nodes == kept and project.data == masks.data
