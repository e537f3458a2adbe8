"""Rules: what the company decided beforehand, exact and explainable."""
