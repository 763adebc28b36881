"""The request that plays a run's environment on, and what it is answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request


class PlayGame(Request, frozen=True, kw_only=True):
    """Go on with an episode of the environment that a run acts in. -> GamePlayed

    The episode of `seed` stands behind the actions `taken`; then `actions` are taken, and then `steps` by the network
    of the run's exported file. So nothing is lost when the engine is started again: who asks holds the game. Without
    `pictures` only numbers are told.
    """

    project_dir: str
    seed: int
    run: str = "best"
    which: str = "best"
    taken: list[int] = []
    actions: list[int] = []
    steps: int = 0
    pictures: bool = True


class GameMoment(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an action, which is -1 where the episode begins. `total` is the sum of the rewards so far.

    `values` are what the network thinks each action is worth now, in the order of the actions; empty once it is over.
    `best` is the one it would take. `seen` are the first numbers of what is seen. `frame` is a picture as PNG.
    """

    action: int
    reward: float
    total: float
    step: int
    best: int = -1
    values: list[float] = []
    seen: list[float] = []
    frame: bytes = b""
    over: bool = False
    cut: bool = False


class GamePlayed(Event, frozen=True, kw_only=True):
    """The moments that were asked for; fewer where the game was over before. With nothing `taken`, how it begins comes
    first. `actions` names the actions, as the data do. `millis` is what the network took for one answer."""

    environment: str
    actions: list[str]
    seed: int
    moments: list[GameMoment]
    run: int = 0
    millis: float = 0.0
