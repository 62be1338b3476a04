"""Pure rules of planned contacts: when, in which words, and what became of the late ones."""
