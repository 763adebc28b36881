"""The program that checks, builds, trains, evaluates and exports networks; it never imports Qt.

Its floor (errors, document, catalog, checks, protocol) imports neither torch nor numpy, so that the window stands on it
too.
"""
