"""The ports of retrieval on Milvus: for corpora past one machine. See docs/scaling.md."""
