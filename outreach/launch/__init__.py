"""Starts and supervises everything on one machine: `outreach up`."""
