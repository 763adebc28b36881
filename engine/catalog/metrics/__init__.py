"""Metrics: how good answers are, in numbers people understand. A file for each kind of answer."""
