"""From a store to a model, and from a model to answers."""
