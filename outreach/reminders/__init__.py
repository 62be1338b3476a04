"""Appointment reminders and refill questions."""
