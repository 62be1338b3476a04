"""The `outreach` command as operators use it."""
