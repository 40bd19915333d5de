"""Questions about a document as a whole: what it says in short, and what differs between two of them."""
