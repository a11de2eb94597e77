"""Published corpora of sounds: noises, room responses, scenes, events and their captions. One reader a file."""
