"""Clock, ids, phone numbers, crypto, errors, facts, the unit of work, the outbox and its relay: what every domain stands on."""
