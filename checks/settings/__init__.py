"""From the bytes of a config to gates, with a place for every mistake."""
