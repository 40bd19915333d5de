"""The interface of OpenAI: chat completions and the list of models."""
