"""What waits for a person's look: lost values, rows not understood, foreign instructions."""
