"""The golden set: one small file a kind of fault, made by code in its test, and the text that a person sees in it."""
