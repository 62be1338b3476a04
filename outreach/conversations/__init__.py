"""Threads, owners, notes, staff replies and open questions (prompts)."""
