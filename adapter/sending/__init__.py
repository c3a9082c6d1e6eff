"""Sending: from events to the sink's answer for each."""
