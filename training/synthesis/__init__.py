"""Speech from text and from mel spectrograms: what synthesis needs beside its models."""
