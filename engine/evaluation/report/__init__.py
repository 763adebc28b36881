"""A report of a scored run: one HTML file that stands alone, for reading, printing and passing on.

It asks nothing of the network, holds no scripts, and shows only what was measured. Names from the data are escaped.
"""
