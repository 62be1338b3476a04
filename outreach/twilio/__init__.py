"""The Twilio gateway and webhooks: the only package that imports twilio."""
