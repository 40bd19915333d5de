"""The parts of `bench.ingest` beside its comparison with the peers: many small files, big ones, one page beside a crowd."""
