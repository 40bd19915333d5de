"""What people do with their conversations: read, find, keep, share and take away."""
