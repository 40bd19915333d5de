"""Encoders and rerankers behind HTTP, as vLLM and TEI (text-embeddings-inference) serve them."""
