"""The drawing of the network on paper: SVG, PNG, PDF and printers, painted away from the window's thread."""
