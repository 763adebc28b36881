"""The Data tab: what the network is taught with, and whether it is any good. It never decodes anything itself."""
