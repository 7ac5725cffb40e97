"""Additional credits: overlays, roll-ups to managers and teams, beside the revenue credits and never among them."""
