"""AnswerDesk on other people's sites: which sites, which visitors, and what proves it."""
