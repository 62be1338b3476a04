"""The pages: sign-in, inbox, lists, record. Server-rendered; live changes are pushed and patched in."""
