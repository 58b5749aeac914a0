"""The gym screen: a session that reads from three metres, in the terminal."""
