"""Loads the dictionary that cuts Chinese text, and the lists that are cut by it, when it is imported: a second in each process."""

from language.wording import canonical

canonical("中文")
