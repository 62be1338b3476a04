"""Who we are: organization, care teams, senders, people, roles, sign-in."""
