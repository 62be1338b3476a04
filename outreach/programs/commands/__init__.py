"""What programs do: release, enroll, send, answer, stop."""
