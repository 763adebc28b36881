"""An editor for each kind of thing a network can be given in Try it; none knows of a project or of the engine."""
