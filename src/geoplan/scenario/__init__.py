"""What if, what is cheapest, what next: a City to a changed City, and the search for the best change."""
