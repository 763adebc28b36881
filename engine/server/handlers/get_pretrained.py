"""Brings a pretrained network into a project; fetched only where the window has asked the person."""

from pathlib import Path

from engine.catalog.pretrained import pretrained_named
from engine.catalog.pretrained.kept import is_kept, kept_vocabulary
from engine.document.files import as_document, load
from engine.errors import PretrainedError
from engine.pretrained.getting import get, put_into
from engine.protocol.messages.pretrained import GetPretrained, PretrainedReady
from engine.server.work import Work


def handle(request: GetPretrained, work: Work) -> PretrainedReady:
    """What the edit that adds it needs. Raises PretrainedError, DataError, Cancelled."""
    wanted = pretrained_named(request.name)
    if not request.fetch and not is_kept(wanted):
        raise PretrainedError(f"{wanted.title} is not on this machine yet.", where=wanted.name)
    get(wanted, progress=work.progress, cancelled=work.cancelled)
    work.progress(0.97, "Copying into the project")
    folder = Path(request.project_dir)
    put_into(folder, wanted, cancelled=work.cancelled)
    vocabulary = kept_vocabulary(wanted)
    proposed = None
    if request.propose:
        from engine.data.proposals.backbone import propose_with  # torch comes with it

        project = load(folder)
        proposed = as_document(propose_with(project.name, project.data, wanted, vocabulary))
    return PretrainedReady(request=request.id, name=wanted.name, vocabulary=list(vocabulary), project=proposed)
