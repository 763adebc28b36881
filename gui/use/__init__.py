"""Tab Use: try it, export it; absent on purpose: reading of pictures in the window, and any running of the model."""
