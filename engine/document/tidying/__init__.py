"""Where cards of a graph are put so that it reads well; `layout.tidy` is the door. Plain Python, for any thread."""
