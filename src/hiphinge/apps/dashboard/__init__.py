"""The dashboard: the live session, the guided calibration, recordings and settings in a browser."""
