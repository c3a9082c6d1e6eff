"""The part of Metacontroller that our tests need where there is none, on a real API server.

It reads CompositeControllers, asks their hooks when a parent, a child or a related object has
changed, applies the answered children, deletes those no longer answered, and writes the status.
What it does not have: merging with what others write, adoption, finalizers, namespace selectors,
update strategies other than InPlace.
"""
