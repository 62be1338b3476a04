"""Who saw and did what: an append-only, sealed record."""
