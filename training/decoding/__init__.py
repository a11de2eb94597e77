"""From what a model answers for each frame to text: greedy, by beam search, with a language model and a lexicon."""
