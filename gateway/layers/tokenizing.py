"""Clients for the tokenizers that servers offer beside the OpenAI-compatible API. Some servers have none."""

from typing import Any

import httpx

from gateway.ports import TokenCount


async def count_tokens(client: httpx.AsyncClient, root: str, *, model: str, messages: list[dict[str, str]]) -> TokenCount | None:
    """Return the length of the prompt that the server would make of the messages; None where it does not count.

    Raises: what httpx raises; ValueError, KeyError, TypeError, AttributeError: the server speaks another language.
    """
    reply = await _ask(client, f"{root}/tokenize", {"model": model, "messages": messages, "add_generation_prompt": True})
    if reply is None:
        return None
    if "count" in reply:  # vLLM
        return TokenCount(tokens=int(reply["count"]), context=reply.get("max_model_len"))
    # llama.cpp's server cuts a text alone: the prompt is made first, its context size is reported separately.
    prompt = await _ask(client, f"{root}/apply-template", {"messages": messages})
    if prompt is None:
        return None
    cut = await _ask(client, f"{root}/tokenize", {"content": prompt["prompt"], "add_special": True})
    properties = await client.get(f"{root}/props")
    context = properties.json()["default_generation_settings"]["n_ctx"] if properties.status_code == 200 else None
    return TokenCount(tokens=len(cut["tokens"]), context=context) if cut else None


async def _ask(client: httpx.AsyncClient, address: str, body: dict[str, Any]) -> dict[str, Any] | None:
    response = await client.post(address, json=body)
    return dict(response.json()) if response.status_code == 200 else None
