"""The staff pages: sign-in, inbox, thread, record."""
