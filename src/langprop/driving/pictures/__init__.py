"""Pictures: drives seen from above, as images and films."""
