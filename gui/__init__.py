"""The window; it never imports torch, and reaches everything heavy through the engine process."""
