"""What does this text mean, and who acts on it? The only place where precedence is decided."""
