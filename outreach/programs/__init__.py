"""Care-plan programs: files that say who is asked what, when."""
