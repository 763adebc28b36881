"""Ready-made apps: a trained network in the form in which somebody else uses it.

One module an app, with a function `write(folder, material)`; what each is stands in `engine.catalog.apps`. Every app is
made from the proved exported file, and carries golden samples with which it proves itself. Templates under
resources/apps hold our own code and are copied as they are; names of classes, fields and projects reach them as data
(JSON, a table, text of a web page), never as code.
"""
