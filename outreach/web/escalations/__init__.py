"""Open escalations of one's teams."""
