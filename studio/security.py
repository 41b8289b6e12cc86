"""The guard in front of every route: token, Host, Origin, content type and the headers of answers.

The studio reads and writes files of its user, so a web page open in another tab must reach none of it:
neither by requests (token cookie SameSite=Strict, custom header, Origin, Sec-Fetch-Site) nor by a name that
points to this machine (Host).
"""

import ipaddress
import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.handlers import MAX_JSON, MAX_UPLOAD, send_error

HEADER = "x-inkloop-studio"  # any value; pages of other origins cannot send it
COOKIE = "inkloop-studio"
OPEN_PATHS = {"/healthz"}
READING = {"GET", "HEAD"}
WRITING = {"POST", "PUT", "DELETE"}
UPLOAD_PATHS = "/api/upload/"  # bodies that are files, not JSON
POLICY = (
    "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
SITES = "/site/"  # exported pages: programs of inkloop, which use WebAssembly and may be framed by the studio
SITE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self' data: blob:; media-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
ANSWER_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI middleware that lets the user's own pages through, and nothing else."""

    def __init__(self, app: ASGIApp, *, token: str, hosts: Collection[str], code: str | None = None) -> None:
        """Wrap an application.

        Args:
            app: to be guarded.
            token: as printed at the start.
            hosts: allowed values of Host, name:port, besides the address at which a request arrives.
            code: accepted in place of the token once, for programs whose arguments others can see.
        """
        self.app, self.token, self._code = app, token, code
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        response = self._refuse(scope, headers) or self._enter(scope, headers)
        await (response or self.app)(scope, receive, _with_headers(send, scope["path"]))

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        method, path = scope["method"], scope["path"]
        if headers.getlist("host") and len(headers.getlist("host")) > 1:
            return send_error("more than one Host", 400)
        hosts = self.hosts | _reached(scope)
        if headers.get("host", "").lower() not in hosts:
            return send_error("this host name is not the studio's; open the address that it printed", 400)
        if path in OPEN_PATHS and method in READING:
            return None
        if method not in READING | WRITING:
            return send_error(f"{method} is not allowed", 405)
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
            return send_error("requests of other web pages are refused", 403)
        entering = method == "GET" and path == "/"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not entering:
            return send_error("requests of other web pages are refused", 403)
        if method in WRITING:
            return self._refuse_write(path, headers)
        return None

    def _refuse_write(self, path: str, headers: Headers) -> Response | None:
        if HEADER not in headers:
            return send_error(f"the header {HEADER} is missing", 403)
        is_upload = path.startswith(UPLOAD_PATHS)
        expected = "application/octet-stream" if is_upload else "application/json"
        if headers.get("content-type", "").split(";")[0].strip().lower() != expected:
            return send_error(f"the content type must be {expected}", 415)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > (MAX_UPLOAD if is_upload else MAX_JSON):
            return send_error("the request is too large", 413)
        return None

    def _enter(self, scope: Scope, headers: Headers) -> Response | None:
        """Check the token. The address with ?token= sets the cookie and leads to one without it."""
        path = scope["path"]
        if path in OPEN_PATHS:
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        sent = [value for name, value in query if name == "token"]
        if sent and scope["method"] == "GET" and not path.startswith("/api/"):
            if not self._is_token(sent[-1]) and not self._use_code(sent[-1]):
                return send_error("this token is not valid; open the address that the studio printed", 401)
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            # a path of two slashes would lead to another host
            target = "/" + path.lstrip("/\\") + (f"?{rest}" if rest else "")
            response = RedirectResponse(target, status_code=303)
            cookie = f"{self._cookie_name(headers)}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            response.headers["set-cookie"] = cookie
            response.headers["cache-control"] = "no-store"
            return response
        if self._is_token(_cookie(headers, self._cookie_name(headers))):
            return None
        return send_error("open the address that the studio printed: it holds the access token", 401)

    def _is_token(self, value: str) -> bool:
        return secrets.compare_digest(value.encode("utf-8", "replace"), self.token.encode())

    def _use_code(self, value: str) -> bool:
        sent = value.encode("utf-8", "replace")
        if self._code is None or not secrets.compare_digest(sent, self._code.encode()):
            return False
        self._code = None
        return True

    @staticmethod
    def _cookie_name(headers: Headers) -> str:
        """Cookies are shared by all ports of a host: one name per port."""
        port = urlsplit(f"//{headers.get('host', '')}").port or 80
        return f"{COOKIE}-{port}"


def _reached(scope: Scope) -> set[str]:
    """The address of this machine at which a request arrived, as Host names it; a name is never one."""
    try:
        address, port = scope.get("server") or ("", None)
        ip = ipaddress.ip_address(address)
    except ValueError:
        return set()
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return {f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"}


def _cookie(headers: Headers, name: str) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _with_headers(send: Send, path: str) -> Send:
    own = ANSWER_HEADERS
    if path.startswith(SITES):
        own = own | {"Content-Security-Policy": SITE_POLICY, "X-Frame-Options": "SAMEORIGIN"}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in own.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-cache"
        await send(message)

    return sending
