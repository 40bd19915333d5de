"""What models cost: recorded with each call, shown by month, kept within budgets."""
