"""What torch.nn lacks in losses: modules that catalog entries name as `engine.compiler.modules.losses.X`.

Each answers one number, the mean over samples unless it says otherwise, and has finite gradients at every finite
prediction. Axes: N samples, C classes, F features.
"""

from engine.compiler.modules.losses import classes, embeddings, generative, masks, numbers

BY_NAME = {
    name: item
    for module in (classes, numbers, masks, embeddings, generative)
    for name, item in vars(module).items()
    if isinstance(item, type) and item.__module__ == module.__name__ and not name.startswith("_")
}
"""Every loss of ours by its name."""
