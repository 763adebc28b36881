"""Graph to torch module with a flat forward, and to readable PyTorch source."""
