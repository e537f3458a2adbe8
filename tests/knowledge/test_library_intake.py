"""What may come into the library, and what is refused."""
