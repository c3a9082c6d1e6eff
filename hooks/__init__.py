"""The hooks that Metacontroller calls: observed world in, desired world out.

Only `app` knows HTTP and the clock, and only `wsgi` the environment. All else computes: no module
below them opens a connection, reads a clock or changes what it was handed.
"""
