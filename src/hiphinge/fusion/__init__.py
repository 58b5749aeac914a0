"""Orientation of each sensor, and their headings against each other."""
