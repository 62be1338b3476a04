"""Finding people, numbers and words."""
