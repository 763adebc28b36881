"""A project as typed values: data spec, graph, recipe; edits that return their inverse; load, save, migrate, journal.

Nothing here knows shapes or the catalog: a document with an unknown layer type is still a document.
"""
