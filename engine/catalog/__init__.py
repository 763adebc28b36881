"""What a user can pick, each declared once: layers, losses, optimizers, schedules, metrics, preparation steps.

Imports no torch: a declaration names its torch target as text, and only the compiler resolves it.
"""
