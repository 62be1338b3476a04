"""Where somebody was named in a note."""
