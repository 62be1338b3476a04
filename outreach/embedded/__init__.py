"""PostgreSQL and Redis brought along, for a first look and for tests."""
