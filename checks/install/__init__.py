"""What a project declares to need, and whether that can be installed and is all it imports."""
