"""Readers of layouts that other toolkits write: their manifests, directories and archives, as streams of recordings."""
