"""One-shot recognition: one sample of each of a few classes is shown, others are given the class of the nearest.

Axes: N samples, F features.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


def episodes_won(
    places_nf: npt.NDArray[np.floating], classes_n: Int64s, *, ways: int = 5, episodes: int = 600, seed: int = 0
) -> Floats:
    """For each episode the share of samples that were recognised; empty with fewer than two classes of two samples.

    Each episode draws `ways` of the classes (all where there are fewer), shows a sample of each and asks for another
    one of each. The same seed draws the same.
    """
    members = {int(number): np.flatnonzero(classes_n == number) for number in np.unique(classes_n)}
    usable = [number for number, rows in members.items() if len(rows) >= 2 and number >= 0]
    count = min(ways, len(usable))
    if count < 2:
        return np.zeros(0)
    random = np.random.default_rng(seed)
    shown, asked = np.empty((episodes, count), np.int64), np.empty((episodes, count), np.int64)
    for episode in range(episodes):
        for place, number in enumerate(random.choice(usable, count, replace=False)):
            shown[episode, place], asked[episode, place] = random.choice(members[int(number)], 2, replace=False)
    places = places_nf.astype(np.float64)
    # (episodes, asked, shown) squared distances
    far = np.square(places[asked][:, :, None, :] - places[shown][:, None, :, :]).sum(3)
    return np.asarray((far.argmin(2) == np.arange(count)).mean(1), np.float64)
