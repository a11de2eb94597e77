"""See and hear: the stages of any recipe on any recording, and what is in a store, in a browser."""
