"""Live pages: one thread asks for changes, every open page is told."""
