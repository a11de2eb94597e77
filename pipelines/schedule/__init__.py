"""Builds that come round by the clock: when the next is due, units for schedulers, and a plain loop."""
