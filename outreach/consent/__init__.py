"""Who may be texted, and how we know."""
