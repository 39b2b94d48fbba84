"""`skillgate graph`, without its command line."""
