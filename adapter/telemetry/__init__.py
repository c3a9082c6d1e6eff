"""Telemetry: what operators are told."""
