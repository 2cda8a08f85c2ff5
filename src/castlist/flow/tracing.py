"""Traces: one from a request through its job to its webhook, in W3C's form. Off unless the operator asks; then nothing
of OpenTelemetry is imported.

Called by the edge, by `submit`, `perform` and `deliver`. A trace says how long things took and which job it was, never
what was in a picture or a prompt.
"""

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Attribute = str | int | float | bool
HEADER = "traceparent"


class Span(Protocol):
    """Something that takes a while."""

    def note(self, **attributes: Attribute) -> None:
        """Add what is known of it."""
        ...

    def event(self, name: str, **attributes: Attribute) -> None:
        """Add a moment within it."""
        ...

    def name(self, name: str) -> None:
        """Call it otherwise, once more is known."""
        ...


class Tracer:
    """Traces nothing: what is used unless the operator asks for more."""

    @contextlib.contextmanager
    def span(self, name: str, *, parent: str | None = None, **attributes: Attribute) -> Generator[Span]:
        """Give a span for the block.

        Args:
            parent: the `traceparent` that it continues; without one it belongs to the span around it.
        """
        yield _Nothing()

    def carrier(self) -> dict[str, str]:
        """Return what takes the trace along: `traceparent` of the span around the caller, or nothing."""
        return {}

    def close(self) -> None:
        """Send what has not been sent."""


class _Nothing:
    def note(self, **attributes: Attribute) -> None:
        pass

    def event(self, name: str, **attributes: Attribute) -> None:
        pass

    def name(self, name: str) -> None:
        pass


class OpenTelemetry(Tracer):
    """Traces into an OpenTelemetry provider."""

    def __init__(self, provider: "TracerProvider") -> None:
        """Trace into this provider; it is shut down when this is closed."""
        self._provider = provider
        self._tracer = provider.get_tracer("castlist")

    @classmethod
    def to(cls, endpoint: str) -> "OpenTelemetry":
        """Send traces to an OTLP/HTTP address, such as http://localhost:4318/v1/traces.

        Raises:
            ImportError: the extra `otel` is not installed.
        """
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # pyright: ignore[reportMissingImports]
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider(resource=Resource.create({"service.name": "castlist"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        return cls(provider)

    @contextlib.contextmanager
    def span(self, name: str, *, parent: str | None = None, **attributes: Attribute) -> Generator[Span]:
        """See `Tracer`."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        context = TraceContextTextMapPropagator().extract({HEADER: parent}) if parent else None
        with self._tracer.start_as_current_span(name, context=context, attributes=attributes) as span:
            yield _Span(span)

    def carrier(self) -> dict[str, str]:
        """See `Tracer`."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        found: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(found)
        return {HEADER: found[HEADER]} if HEADER in found else {}

    def close(self) -> None:
        """See `Tracer`."""
        self._provider.shutdown()


class _Span:
    def __init__(self, span: Any) -> None:
        self._span = span

    def note(self, **attributes: Attribute) -> None:
        self._span.set_attributes(attributes)

    def event(self, name: str, **attributes: Attribute) -> None:
        self._span.add_event(name, attributes)

    def name(self, name: str) -> None:
        self._span.update_name(name)
