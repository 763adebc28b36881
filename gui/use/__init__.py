"""Tab Use: try it, export."""
