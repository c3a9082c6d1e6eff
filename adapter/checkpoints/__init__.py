"""Checkpoints: what is settled, and where that is kept."""
