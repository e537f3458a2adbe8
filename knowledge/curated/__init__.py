"""Answers that a person wrote, and which question is near enough to one of them."""
