"""What denoising needs beside its model."""
