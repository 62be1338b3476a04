"""Guards: what holds for the whole tree."""
