"""Why a file cannot be read. Plain on purpose: the parsing child knows no Django; ingest.errors has the sentences."""


class Refusal(Exception):
    """The file itself is at fault and stays so: `code` is one of ingest.errors.MESSAGES, `detail` is for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
