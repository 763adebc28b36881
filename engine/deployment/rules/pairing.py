"""Partners within a batch: all rows compared at once, the nearest ahead by ArgMin."""

import numpy as np

from engine.deployment.rules.site import Site, Written, rule


def _places(site: Site) -> tuple[str, str]:
    """The number of each row (N,), and how many there are, both int64."""
    count = site.size(site.x, 0)
    number = site.writer
    zero, one = number.constant(0, np.int64), number.constant(1, np.int64)
    return site.add("Range", zero, count, one), count


def _compared(site: Site) -> tuple[str, str, str, str]:
    """(N, N) how far ahead each row lies of each, whether it is the row itself and whether of one class; the count."""
    places, count = _places(site)
    apart = site.add("Sub", site.unsqueeze(places, 0), site.unsqueeze(places, 1))
    ahead = site.add("Mod", apart, count)
    itself = site.add("Equal", ahead, site.writer.constant(0, np.int64))
    classes = site.inputs[1]
    same = site.add("Equal", site.unsqueeze(classes, 0), site.unsqueeze(classes, 1))
    return ahead, itself, same, count


def _times(site: Site, where: str, count: str, factor: int) -> str:
    """`factor` times the count where something holds, else 0."""
    number = site.add("Mul", count, site.writer.constant(factor, np.int64))
    return site.add("Where", where, number, site.writer.constant(0, np.int64))


def _least(site: Site, *parts: str) -> str:
    """For each row the place of the least sum."""
    total = parts[0]
    for part in parts[1:]:
        total = site.add("Add", total, part)
    return site.add("ArgMin", site.add("Cast", total, to=1), axis=1, keepdims=0)


@rule("pairs")
def pairs(site: Site) -> Written:
    """By turns the next of the same class and the next of another."""
    ahead, itself, same, count = _compared(site)
    places, _ = _places(site)
    odd = site.add("Cast", site.add("Mod", places, site.writer.constant(2, np.int64)), to=9)
    wrong = site.add("Xor", same, site.add("Not", site.unsqueeze(odd, 1)))
    chosen = _least(site, ahead, _times(site, wrong, count, 1), _times(site, itself, count, 2))
    alike = site.add("Equal", site.add("Gather", site.inputs[1], chosen, axis=0), site.inputs[1])
    return site.add("Gather", site.x, chosen, axis=0), site.add("Cast", alike, to=7)


@rule("triplets")
def triplets(site: Site) -> Written:
    """The next of the same class, and the next of another; the row itself where there is none."""
    ahead, itself, same, count = _compared(site)
    self_cost = _times(site, itself, count, 1)
    friend = _least(site, ahead, self_cost, _times(site, site.add("Not", same), count, 2))
    others = site.add("And", same, site.add("Not", itself))
    stranger = _least(site, ahead, self_cost, _times(site, others, count, 2))
    return site.add("Gather", site.x, friend, axis=0), site.add("Gather", site.x, stranger, axis=0)
