"""What happens to audio: the example that flows, the stages it flows through, and the chain that orders them."""
