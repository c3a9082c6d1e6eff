"""The adapter: reads a vCenter's events and sends them on as CloudEvents, at least once.

Edges are `vcenter`, `sink`, `store`, `kubernetes`, `monitor` and `__main__`; all else computes.
"""
