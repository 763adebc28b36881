"""What is measured of each example, a module a project: `scores(trained)` yields each figure and what it must reach."""
