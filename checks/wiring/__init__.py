"""What the parts of a system ask of each other, and whether somebody offers it."""
