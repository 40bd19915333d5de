"""`manage.py serve_mcp`: serve the Model Context Protocol on standard input and output, to the assistant that starts it."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.keys import recognise_key
from api.mcp.server import HERE, build_server


class Command(BaseCommand):
    help = "Serve the Model Context Protocol (search, read_page, ask) on standard input and output, with the key in ATTEST_MCP_KEY."

    def handle(self, **options: object) -> None:
        if not settings.MCP_KEY:
            raise CommandError("Set ATTEST_MCP_KEY to an API key (manage.py create_api_key --user NAME --scope ask --scope read).")
        try:
            recognise_key(settings.MCP_KEY, scope="", address=HERE)
        except AccountsError as error:
            raise CommandError(str(error)) from error
        build_server(key=settings.MCP_KEY).run("stdio")
