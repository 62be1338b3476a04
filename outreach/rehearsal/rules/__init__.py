"""Pure rules of dry runs: who is on which phone, what they answer, what happens, and the figures of it."""
