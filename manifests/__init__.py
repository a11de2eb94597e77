"""What exists and what was made of it: recordings in, shards out."""
