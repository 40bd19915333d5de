"""What an answer is made of where one search and one list of sentences are not enough."""
