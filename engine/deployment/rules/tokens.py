"""Learned vectors in ONNX."""

import numpy as np

from engine.deployment.rules.site import Site, Written, rule


@rule("class_token")
def class_token(site: Site) -> Written:
    """The vectors, once for each sample, before the sequence."""
    token = site.parameter("token")
    count, features = site.module.get_parameter("token").shape
    batch = site.unsqueeze(site.size(site.x, 0), 0)
    tail = site.writer.constant(np.array([count, features], np.int64))
    wanted = site.add("Concat", batch, tail, axis=0)
    return site.add("Concat", site.add("Expand", token, wanted), site.x, axis=1)
