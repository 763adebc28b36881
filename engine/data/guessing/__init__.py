"""What the fields of data are: kinds, preparation and what to learn, guessed from their values."""
