"""Why did they get this? Why did they not? One answer for the page and the command."""
