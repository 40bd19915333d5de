"""The language model that the settings name."""

from django.conf import settings

from chat.llm.openai_compatible import OpenAICompatibleModel
from chat.ports import GenerationOptions, LanguageModel


def configured_model() -> LanguageModel | None:
    """Return the served model; None where none is configured, and answers are extractive."""
    if not settings.LLM_BASE_URL:
        return None
    return OpenAICompatibleModel(base_url=settings.LLM_BASE_URL, name=settings.LLM_MODEL, api_key=settings.LLM_API_KEY)


def configured_options() -> GenerationOptions:
    return GenerationOptions(
        max_tokens=settings.LLM_MAX_ANSWER_TOKENS,
        first_token_timeout_s=settings.LLM_FIRST_TOKEN_TIMEOUT_S,
        total_timeout_s=settings.LLM_TOTAL_TIMEOUT_S,
    )
