"""Pure rules of messaging: states, errors, retries, settling, allowances. See each module."""
