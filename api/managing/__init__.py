"""What whoever runs a collection may do over REST: documents, words, readers, folders, owners."""
