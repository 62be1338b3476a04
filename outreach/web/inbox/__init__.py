"""The inbox: lists, threads, and what staff do there."""
