"""Recognition of files: features in pieces, the model in chunks, words in time, and what is written of them."""
