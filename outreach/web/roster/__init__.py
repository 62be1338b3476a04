"""A team's roster: who is on call, holidays, opening hours, and handing over a leaver's work."""
