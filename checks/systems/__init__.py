"""New systems out of the reference systems: what is copied, and how every name in it changes."""
