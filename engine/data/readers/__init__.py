"""One reader a layout: what lies on disk or in an archive becomes samples. None of them runs anything it reads."""
