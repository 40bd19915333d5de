"""A receipt as `chat` writes it."""

from typing import Any

TEXT = (
    "Full-time employees earn 4 hours for each pay period. After three years they earn 6 hours. After 15 years they earn 8 hours."
)


def receipt_payload(**changes: Any) -> dict[str, Any]:
    start = 1200
    quote = "After three years they earn 6 hours."
    at = TEXT.index(quote)
    citation = {
        "marker": 1,
        "chunk_id": "77",
        "document": "travel-and-leave/leave.md",
        "document_uid": "11111111-1111-4111-8111-111111111111",
        "title": "Leave",
        "version": 2,
        "version_uid": "22222222-2222-4222-8222-222222222222",
        "page": None,
        "page_number": 1,
        "page_label": "",
        "quote": quote,
        "start": start + at,
        "end": start + at + len(quote),
        "score": 0.93,
    }
    return {
        "question": "How many hours of annual leave do I earn after five years?",
        "rewritten": "How many hours of annual leave do I earn after five years?",
        "normalized_question": "How many hours of paid time off do I earn after five years?",
        "language": "en",
        "scope": {"collections": [{"slug": "handbook", "name": "Handbook"}]},
        "index_generation": 12,
        "search": {
            "dense_abstained": False,
            "unknown_share": 0.0,
            "timings_ms": {"keyword": 1.42, "dense": 8.3},
            "config": {"limit": 10, "dense_weight": 0.5},
        },
        "evidence": [
            {
                "marker": 1,
                "chunk_id": "77",
                "document": "travel-and-leave/leave.md",
                "document_uid": "11111111-1111-4111-8111-111111111111",
                "title": "Leave",
                "version": 2,
                "version_uid": "22222222-2222-4222-8222-222222222222",
                "page": None,
                "page_number": 1,
                "page_label": "",
                "heading_path": ["Annual leave", "Accrual"],
                "prefix": "",
                "text": TEXT,
                "text_hash": "ab" * 32,
                "start": start,
                "end": start + len(TEXT),
                "scores": {
                    "score": 0.81,
                    "rank": 1,
                    "keyword_score": 17.254321,
                    "keyword_rank": 2,
                    "dense_score": 0.61,
                    "dense_rank": 1,
                    "fused_score": 0.77,
                    "rerank_score": 0.68,
                },
            }
        ],
        "sufficiency": {"probability": 0.91, "threshold": 0.5, "features": {"overlap": 0.75}},
        "prompt": {
            "template": "answer-v1",
            "template_hash": "cd" * 32,
            "messages": [
                {"role": "system", "content": "Answer only from the evidence."},
                {"role": "user", "content": "<b>Evidence</b> 1"},
            ],
            "tokens": 512,
        },
        "model": {"name": "llama-test", "base_url": "http://llm.example/v1", "parameters": {"temperature": 0.0}, "usage": None},
        "raw_output": "You earn 6 hours [1]. You earn 60 hours [1].",
        "sentences": [
            {"text": "You earn 6 hours.", "verdict": "supported", "reason": "", "citations": [1], "score": 0.93},
            {"text": "You earn 60 hours.", "verdict": "withheld", "reason": "number", "citations": [], "score": 0.2},
        ],
        "outcome": "answered",
        "reason": "",
        "answer": {"outcome": "answered", "answer": "You earn 6 hours.[1]"},
        "citations": [citation],
        "conversation": "",
        "turn": "",
        "timings_ms": {"search": 12.5, "total": 480.25},
        **changes,
    }
