"""Published corpora of music: genres, instruments, notes. One reader a file."""
