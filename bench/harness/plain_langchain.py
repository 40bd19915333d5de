"""What a LangChain tutorial does with PDFs, the peer of `bench.ingest`: `python -m … MODEL FILE…` prints JSON.

PyPDFLoader → RecursiveCharacterTextSplitter(500, 50) → HuggingFaceEmbeddings → FAISS.from_documents. The splitter is LangChain's
own; of `langchain-community` and `langchain-huggingface`, which would bring forty packages, the calls are made as they make them:
`PdfReader(file)` and `page.extract_text()` of each page, `SentenceTransformer(model).encode(texts)` with line breaks as spaces, in
float32 and batches of 32, `IndexFlatL2.add` and a dictionary of the documents.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter
from pypdf import PdfReader
from sentence_transformers import SentenceTransformer


def ingest(model: str, files: list[Path]) -> dict[str, float]:
    """Read, split, embed and index. Returns: seconds of each step, pages and chunks; loading the model is not counted."""
    encoder = SentenceTransformer(model, local_files_only=True)
    encoder.encode(["warm up"])
    started = time.monotonic()
    pages = [page.extract_text() for file in files for page in PdfReader(file).pages]
    read = time.monotonic()
    chunks = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50).create_documents(pages)
    split = time.monotonic()
    vectors = encoder.encode([chunk.page_content.replace("\n", " ") for chunk in chunks], show_progress_bar=False)
    embedded = time.monotonic()
    index: Any = faiss.IndexFlatL2(vectors.shape[1])
    index.add(np.asarray(vectors, dtype=np.float32))
    documents = dict(enumerate(chunks))
    ended = time.monotonic()
    return {
        "seconds": ended - started,
        "parse_s": read - started,
        "split_s": split - read,
        "embed_s": embedded - split,
        "index_s": ended - embedded,
        "pages": len(pages),
        "chunks": len(documents),
    }


if __name__ == "__main__":
    print(json.dumps(ingest(sys.argv[1], [Path(name) for name in sys.argv[2:]])))
