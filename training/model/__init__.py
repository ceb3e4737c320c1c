"""HTDemucs written plainly, its weight files, and how a whole track is separated."""
