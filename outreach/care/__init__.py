"""The clinical record we were given: encounters, care plans, conditions, medications, appointments."""
