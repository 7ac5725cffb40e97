"""Models of the files a company writes: company, sources, plans."""
