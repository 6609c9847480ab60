"""What leaves and enters the diary as files: values in, bytes out, and back."""
