"""What programs would do, or have done: dry runs and replays by the very rules of the live path."""
