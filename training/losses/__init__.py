"""Losses, in torch: each of a batch of waveforms with their lengths, one value for each example."""
