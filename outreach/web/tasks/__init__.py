"""Work without a text: calls, visits, numbers to check."""
