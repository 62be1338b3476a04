"""Pure rules of programs: what a file says, the plan it makes, and what each answer leads to."""
