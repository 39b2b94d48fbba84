"""Command lines, wherever they stand, and whether the programs accept their arguments."""
