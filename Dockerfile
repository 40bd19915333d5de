# Web, worker and beat from one image; docker-compose.yml says which part a container is.
FROM python:3.11.14-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ATTEST_HOME=/data
WORKDIR /app

# tesseract reads scanned pages where ATTEST_OCR names it.
RUN apt-get update && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-chi-sim \
    && rm -rf /var/lib/apt/lists/*

# torch without CUDA: the models that need a GPU run in the vllm service.
COPY requirements.txt requirements-milvus.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --extra-index-url https://download.pytorch.org/whl/cpu \
      -r requirements.txt -r requirements-milvus.txt \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin attest \
    && mkdir /data && chown attest /data

COPY . .
USER attest
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--lifespan", "on", "--no-server-header", "--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "10"]
