"""Guards over questions, passages and answers: what they look for is theirs, what follows is `chat.flow.guarding`'s."""
