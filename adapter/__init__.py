"""The adapter: reads a vCenter's events and sends them on as CloudEvents, at least once.

`pump` lets `reading`, `sending` and `checkpoints` run side by side. What computes and what reaches
outside is told apart, and held apart, by the contracts in pyproject.toml.
"""
