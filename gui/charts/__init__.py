"""Plots and painted charts over plain numbers; absent on purpose: any knowledge of projects, runs or engines.

Modules here that draw curves import pyqtgraph, which takes some 0.4 s: import them when a chart is first shown.
"""
