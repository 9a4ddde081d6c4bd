"""A module for each method that lists or changes something."""
