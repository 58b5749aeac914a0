"""The commands: thin shells over the rooms below."""
