"""What a live view sees of a project as it is drawn now, without a run."""

from engine.protocol.messages.base import Event, Request
from engine.protocol.run_events import ViewSeen


class LookNow(Request, frozen=True, kw_only=True):
    """Let the live view of that key look at the network of the project on disk. -> LookedNow

    It has the weights of the newest run that fit it, or those with which training would begin.
    """

    project_dir: str
    view: str


class LookedNow(Event, frozen=True, kw_only=True):
    """What was seen: first what is fixed, then one look. `run` is where the weights come from, 0 for none.

    `refusal` says in a sentence why there is nothing to see; then `seen` is empty.
    """

    seen: list[ViewSeen] = []
    run: int = 0
    refusal: str = ""
