"""The outermost layer of every answer: request id, key and rate, size limit, headers, one log line, no exception ever.

Plain ASGI, because it must see bodies as they stream and answers of every kind.
"""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders

from castlist.api.context import PREFIX
from castlist.api.errors import METHODS, render
from castlist.api.turnstile import Turnstile, headers_of
from castlist.domain.errors import CastlistError, NotReady, PayloadTooLarge, ServerError
from castlist.domain.ids import new_id
from castlist.domain.rates import Verdict
from castlist.flow.service import Service
from castlist.store.passing import is_passing

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_QUIET = ("/healthz", "/readyz", "/metrics")


class Edge:
    """Wraps an app; see the module."""

    def __init__(self, app: App, max_body_bytes: int, turnstile: Turnstile, service: Service) -> None:
        self._app, self._max_body_bytes, self._turnstile = app, max_body_bytes, turnstile
        self._meter, self._tracer = service.meter, service.tracer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        exchange, began = _Exchange(self._app, request_id, self._max_body_bytes, self._turnstile), time.perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            self._tracer.span("request", parent=headers.get("traceparent"), request_id=request_id) as span,
        ):
            try:
                await exchange.run(scope, headers, receive, send)
            finally:
                method, route, status = exchange.labels(scope["method"])
                self._meter.count("http_requests_total", method=method, route=route, status=status)
                self._meter.observe("http_seconds", time.perf_counter() - began, route=route)
                span.name(f"{method} {route}")
                span.note(status=status)
        return None


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: App, request_id: str, max_body_bytes: int, turnstile: Turnstile) -> None:
        self._app, self._request_id = app, request_id
        self._max_body_bytes, self._turnstile = max_body_bytes, turnstile
        self._received_bytes = 0
        self._status: int | None = None
        self._scope: Message = {}

    def labels(self, method: str) -> tuple[str, str, str]:
        """Return method, route and status as metrics name them: nothing that a caller could make up."""
        route = getattr(self._scope.get("route"), "path", None)
        if route is None:
            route = "none"
        elif self._scope["path"].startswith(f"{PREFIX}/") and not route.startswith(PREFIX):
            route = PREFIX + route  # a route within a router does not know what stands before it
        return method if method in (*METHODS, "HEAD", "OPTIONS") else "other", route, str(self._status or "none")

    async def run(self, scope: Message, headers: Headers, receive: Receive, send: Send) -> None:
        method, path, start = scope["method"], scope["path"], time.perf_counter()
        if method == "HEAD":  # every GET is also a HEAD: the same answer without its body
            scope = {**scope, "method": "GET"}
        self._scope = scope

        async def bounded() -> Message:
            message = await receive()
            self._received_bytes += len(message.get("body", b""))
            if self._received_bytes > self._max_body_bytes:
                raise self._too_large()
            return message

        async def finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                self._add_headers(message, scope["state"].get("rate"))
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        log = structlog.get_logger()
        try:
            await self._turnstile.admit(scope, headers)
            announced = headers.get("content-length", "")
            if announced.isdecimal() and int(announced[:20]) > self._max_body_bytes:
                raise self._too_large()
            await self._app(scope, bounded, finished)
        except Exception as problem:
            error = _known(problem)
            if isinstance(error, NotReady):
                log.warning("the database or the storage is away", method=method, path=path, fault=repr(problem)[:200])
            elif error is not problem:
                log.exception("request failed", method=method, path=path)
            if self._status is not None:  # too late for an envelope: break off
                raise
            await render(error, self._request_id)(scope, receive, finished)
        if path not in _QUIET:
            elapsed_ms = round((time.perf_counter() - start) * 1000, 1)
            log.info("request", method=method, path=path, status=self._status, ms=elapsed_ms)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The request body is larger than {self._max_body_bytes / 1_000_000:g} MB.")

    def _add_headers(self, message: Message, rate: Verdict | None) -> None:
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        headers.update(headers_of(rate) if rate is not None else {})
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Request-Id"] = self._request_id


def _known(problem: Exception) -> CastlistError:
    """Return what to tell the caller: what passes is worth another try, what we do not know is our fault."""
    if isinstance(problem, CastlistError):
        return problem
    return NotReady() if is_passing(problem) else ServerError()
