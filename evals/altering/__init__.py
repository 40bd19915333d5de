"""Altered texts to measure with: facts turned, sentences paraphrased, questions reworded."""
