"""Arrays of a live view as they came in the log."""

from gui.models.view_arrays import array_of, plane_of, surface_of, unpacked

__all__ = ["array_of", "plane_of", "surface_of", "unpacked"]
