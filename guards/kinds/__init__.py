"""What guards look for, a file each: `find(guard, text, …)` returns the rules that were met."""
