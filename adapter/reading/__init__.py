"""Reading: from vCenter's history to events, wherever that breaks."""
