"""Asking from chat programs: signed webhooks in, answers out; mapped people alone, each with their own rights."""
