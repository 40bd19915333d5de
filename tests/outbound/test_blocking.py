"""The transport for threads connects to what was judged, through a proxy or past it."""

import http.server
import ssl
import threading

import httpx
import pytest

from outbound.blocking import CheckedBlockingTransport
from outbound.errors import HostRefused, HostUnknown
from outbound.hosts import HostRules, read_allowed

HERE = HostRules(allowed=(read_allowed("files.example"),), resolve=lambda host, port: ["127.0.0.1"])


class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.headers['Host']} {self.path}".encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def port():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def client(rules):
    return httpx.Client(transport=CheckedBlockingTransport(rules, ssl.create_default_context()))


def test_it_connects_to_the_judged_address_and_keeps_the_name(port):
    with client(HERE) as calls:
        assert calls.get(f"http://files.example:{port}/a").text == f"files.example:{port} /a"


def test_it_refuses_what_leads_inside_and_what_nobody_knows():
    def unknown(host, port):
        raise OSError

    with client(HostRules()) as calls, pytest.raises(HostRefused):
        calls.get("http://127.0.0.1:9/")
    with client(HostRules(resolve=lambda host, port: ["8.8.8.8", "169.254.169.254"])) as calls, pytest.raises(HostRefused):
        calls.get("http://files.example/")
    with client(HostRules(resolve=unknown)) as calls, pytest.raises(HostUnknown):
        calls.get("http://files.example/")


def test_it_tries_the_next_address_of_a_name(port):
    rules = HostRules(allowed=(read_allowed("files.example"),), resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    with client(rules) as calls:
        assert calls.get(f"http://files.example:{port}/").status_code == 200


def test_a_proxy_is_asked_for_what_may_be_reached_and_for_nothing_else(port, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    public = HostRules(resolve=lambda host, port: ["93.184.216.34"])
    with client(public) as calls, pytest.raises(httpx.ProxyError):  # this proxy knows no CONNECT
        calls.get("https://files.example/")
    with client(HostRules()) as calls, pytest.raises(HostRefused):
        calls.get("https://127.0.0.1/")
