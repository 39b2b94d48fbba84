"""RAW workflows: what is written, what a dry run exercises, and the embedded runtime."""
