"""What the wearer is told, when, and in which words."""
