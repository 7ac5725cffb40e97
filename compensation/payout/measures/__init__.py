"""What of a credit counts, for whom and on which day."""
