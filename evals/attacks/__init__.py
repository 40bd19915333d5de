"""What attacks come to: instructions planted in documents (`planted`), harmful questions and guards (`harmful`)."""
