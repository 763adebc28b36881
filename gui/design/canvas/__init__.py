"""The node canvas: geometry, painter, hit test, one file per gesture."""
