"""Programs as they are released."""
