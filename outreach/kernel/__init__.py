"""What every domain stands on: clock, ids, crypto, errors, facts, unit of work, outbox, relay."""
