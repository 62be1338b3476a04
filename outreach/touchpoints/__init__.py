"""One planned contact each: when it is due, what became of it, and why."""
