"""Settlement: what is posted, what a closed period keeps, and what the difference is."""
