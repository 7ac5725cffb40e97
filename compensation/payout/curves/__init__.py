"""From a position to money: curves drawn and scaled, credits cut at their bounds, and what changes the result."""
