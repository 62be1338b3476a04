"""Who our patients are, their phones and their caregivers."""
