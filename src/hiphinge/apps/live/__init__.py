"""Live: a workout or a desk day as it happens."""
