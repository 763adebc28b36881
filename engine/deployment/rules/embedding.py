"""Embedding and positional encoding."""

from engine.deployment.rules.site import Site, Written, rule


@rule("embedding")
def embedding(site: Site) -> Written:
    """Gather of rows."""
    return site.add("Gather", site.parameter("weight"), site.x)


@rule("positional_encoding")
def positional_encoding(site: Site) -> Written:
    """The pattern, cut to the length of the sequence at run time."""
    pattern = site.parameter("pattern")
    length = site.unsqueeze(site.size(site.x, 1), 0)
    cut = site.add("Slice", pattern, site.ints(0), length, site.ints(0))
    return site.add("Add", site.x, cut)
