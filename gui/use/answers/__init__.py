"""A view for each form an answer can have in Try it; none knows of a project or of the engine."""
