"""Where inputs come from: a replay for now."""
