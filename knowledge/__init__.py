"""What AnswerDesk knows: documents, retrieval, rules and understanding."""
