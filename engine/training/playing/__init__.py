"""Learning to act: games that go on beside the training, the memory of them that batches are drawn from, and returns.

Everything here is the same for any environment with discrete actions and any drawn network that values them.
"""
