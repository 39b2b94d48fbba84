"""What the code reads, serves and starts, read from its syntax trees."""
