"""One module a file format: bytes in, ``RawTable`` out. Not here: what a column means."""
