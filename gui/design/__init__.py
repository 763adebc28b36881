"""Tab Design: palette, inspector, problems and the canvas."""
