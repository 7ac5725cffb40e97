"""One file a version, never edited once it was released."""
