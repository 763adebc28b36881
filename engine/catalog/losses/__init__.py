"""The losses, a file for each kind of question: classes, numbers, masks, embeddings, generative networks."""

from engine.catalog.losses.loss import Loss

__all__ = ["Loss"]
