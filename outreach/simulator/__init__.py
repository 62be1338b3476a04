"""A pretend provider and pretend phones: a Twilio-compatible server of ours."""
