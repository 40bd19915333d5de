"""A trained judge: does a passage answer a question, and does evidence support a sentence?"""
