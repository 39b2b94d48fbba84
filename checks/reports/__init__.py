"""What a run came to, one file per format."""
