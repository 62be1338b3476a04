"""Every text in or out, its states, its delivery. The one door out is commands.queue."""
