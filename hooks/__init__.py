"""The hooks that Metacontroller and the API server call: observed world in, desired world out.

Only `app` knows HTTP and the clock, and only the two programs, `wsgi` and `webhook`, read the
environment.
`cluster` alone calls the API server: for `discovery`, for `bindings` and for `custody` of the
webhook's certificate, which `tls` serves. All else computes: no other module opens a connection,
reads a clock or changes what it was handed.
"""
