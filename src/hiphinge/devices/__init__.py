"""Bytes of sensors <-> samples; one sans-IO file a device."""
