"""What can be drawn of a run's answers, a module a subject. Each gives `Plot` values: data and words, no drawing.

Window, report and `--json` draw and write the same values. No series has more than 1,000 points.
"""
