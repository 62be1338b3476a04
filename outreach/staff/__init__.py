"""Who we are: the organization, its care teams and senders, its people, their rights, how they sign in."""
