"""Pure rules of reminders: which, when, in which words."""
