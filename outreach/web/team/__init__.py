"""Who is there, hours and roster, and holding automated texts."""
