"""What both brokers are held to."""

from bench.harness.site import Site, write_book


def read_what_is_delivered_twice(site: Site) -> None:
    """Upload while nobody takes messages, double those that wait, and see that each document is read once."""
    names = [f"twice-{number}.md" for number in range(3)]
    with site.workers_held_up():
        for name in names:
            site.upload(name, write_book(name, sections=4))
        assert site.deliver_twice() >= len(names) - 1  # one may be under way to the worker, as far as Redis knows
    site.wait_until_settled(*names)
    site.assert_whole()  # one record of each being indexed, and each passage once
    attempts = site.rows(
        "SELECT d.name, j.attempts FROM ingest_job j JOIN kb_documentversion v ON v.id = j.version_id"
        " JOIN kb_document d ON d.id = v.document_id WHERE d.name LIKE 'twice-%' ORDER BY d.name"
    )
    assert attempts == [(name, 1) for name in names]
