"""A large invented database: who is in it, their texts, and the conversations those leave behind."""
