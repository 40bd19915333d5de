"""The outside of a connector that is a server on this machine, for the contract that every connector keeps."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from sources.connectors.port import Connector, Manifest
from tests.sources.connectors.serving import served


class ServedOutside:
    """Serves an application, which asks to wait once when it is told to. Subclasses change what it serves."""

    manifest: Manifest

    def __init__(self, application: Any) -> None:
        self._stack = ExitStack()
        self._asks_to_wait = False
        self.address = self._stack.enter_context(served(self._waiting(application)))

    def settings(self) -> dict[str, str]:
        raise NotImplementedError

    def secrets(self) -> dict[str, str]:
        return {}

    def open(self) -> Connector:
        filled = {setting.name: setting.default for setting in self.manifest.settings if not setting.secret}
        return self.manifest.open(filled | self.settings(), self.secrets())

    def throttle(self) -> None:
        self._asks_to_wait = True

    def go_away(self) -> None:
        self._stack.close()

    def close(self) -> None:
        self._stack.close()

    def _waiting(self, application: Any) -> Callable[[dict[str, Any], Any], Any]:
        def serve(environ: dict[str, Any], start: Any) -> Any:
            if self._asks_to_wait:
                self._asks_to_wait = False
                start("429 Wait", [("Retry-After", "3"), ("Content-Length", "0")])
                return [b""]
            return application(environ, start)

        return serve
