"""The gateway to the models that the settings name."""

from django.conf import settings

from chat.llm.one_model import OneModel
from chat.llm.openai_compatible import OpenAICompatibleModel
from chat.ports import Gateway, GenerationOptions


def configured_gateway() -> Gateway:
    """Return the gateway; it offers nothing where no model is configured, and answers are extractive."""
    options = GenerationOptions(
        max_tokens=settings.LLM_MAX_ANSWER_TOKENS,
        first_token_timeout_s=settings.LLM_FIRST_TOKEN_TIMEOUT_S,
        total_timeout_s=settings.LLM_TOTAL_TIMEOUT_S,
    )
    model = None
    if settings.LLM_BASE_URL:
        model = OpenAICompatibleModel(base_url=settings.LLM_BASE_URL, name=settings.LLM_MODEL, api_key=settings.LLM_API_KEY)
    return OneModel(model=model, options=options, context_tokens=settings.LLM_CONTEXT_TOKENS)
