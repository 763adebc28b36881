"""Requests to bring pretrained networks onto this machine and into a project, and what they are answered with."""

from engine.protocol.messages.base import Event, Request


class GetPretrained(Request, frozen=True, kw_only=True):
    """Fetch a pretrained network if it is not here, and copy its weights into a project. -> PretrainedReady

    The person has agreed to it. `fetch` False takes it only if it is on this machine. `propose` asks for a whole
    network around it for the project's data, which must be there.
    """

    name: str
    project_dir: str
    fetch: bool = True
    propose: bool = False


class PretrainedReady(Event, frozen=True, kw_only=True):
    """Its weights are in the project. `vocabulary` are its word pieces, for texts.

    `project` is a whole proposed project, as project.json, if that was asked for; the window applies it as an edit.
    """

    name: str
    vocabulary: list[str] = []
    project: dict[str, object] | None = None
