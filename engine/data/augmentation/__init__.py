"""Random changes to batches of prepared samples.

Every number drawn is a hash of (seed, epoch, sample, step): a resumed run, another batch size or another order give
each sample the very same change. Runs on the device of the batch.
"""

from engine.data.augmentation.augment import acts_on_raw, augment, augment_mask, augment_raw

__all__ = ["acts_on_raw", "augment", "augment_mask", "augment_raw"]
