"""Commands that the runner knows, and the evidence that it collects around each."""
