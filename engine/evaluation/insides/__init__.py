"""What goes on inside a network while it answers: the values of every node, where attention looks, single units, and
maps of what a node makes of many samples. Nothing here changes a network."""
