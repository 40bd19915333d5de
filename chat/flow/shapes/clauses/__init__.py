"""Questions for the text of a clause by its number: "What does section 2.2 say?"."""
