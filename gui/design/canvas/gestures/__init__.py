"""What a hand does on the canvas: one class per gesture, with a beginning, moves, and an end or a cancel."""
