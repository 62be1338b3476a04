"""A human must act: tiers, clocks, paging, tasks."""
