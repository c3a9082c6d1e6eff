"""Events: what vCenter tells, as CloudEvents. No I/O."""
