"""Looks over a layer of the user's own, with tensors as they arrive at it."""

from pathlib import Path

import msgspec

from engine.checks.inference import ShapeChecker
from engine.compiler.code_check import checked_node
from engine.document.files import load
from engine.document.own_code import code_of
from engine.protocol.messages.code import CheckCode, CodeChecked
from engine.server.work import Work


def handle(request: CheckCode, work: Work) -> CodeChecked:
    """Shape, gradient, weights, repeatability and export. Raises GraphError when nothing is known of its inputs."""
    folder = Path(request.project_dir)
    with code_of(folder):
        return msgspec.structs.replace(checked_node(ShapeChecker(load(folder)), request.node), request=request.id)
