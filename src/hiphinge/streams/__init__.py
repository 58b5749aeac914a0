"""Samples made comparable: sensor errors off, one time grid, gaps named."""
