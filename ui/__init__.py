"""What AnswerDesk shows: the Gradio pages and the server that mounts them."""
