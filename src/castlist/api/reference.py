"""The OpenAPI document as one page for people: plain HTML, no script, nothing from elsewhere. Pure."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
h2{margin-top:3rem;border-top:1px solid var(--line);padding-top:1.5rem;font-size:1.15rem}
h3{font-size:.95rem;margin:1.2rem 0 .3rem}
code,pre{font:.86em/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.8rem;border-radius:.4rem;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
td:first-child{white-space:nowrap}
.method{font-weight:700;margin-right:.6rem}
nav a{display:inline-block;margin-right:1rem}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; frame-ancestors 'none'"
SHOWN_CHARS = 60
"""Longer strings in examples are cut: a picture in a data: URI is of no use to a reader."""

Json = dict[str, Any]


def page(document: Json, base_url: str) -> str:
    """Return the page.

    Args:
        document: the OpenAPI document.
        base_url: address to show in commands.
    """
    operations = list(_operations(document))
    links = "".join(f'<a href="#{escape(op["operationId"])}">{escape(op["summary"])}</a>' for _, _, op in operations)
    sections = "".join(_section(document, base_url, *operation) for operation in operations)
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['summary'])}</p><p>{_prose(info['description'])}</p>"
        f'<p>The same for machines: <a href="/api/openapi">OpenAPI 3.1</a></p>'
        f"<nav>{links}</nav>{sections}</body></html>"
    )


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _section(document: Json, base_url: str, method: str, path: str, operation: Json) -> str:
    parts = [
        f'<h2 id="{escape(operation["operationId"])}"><span class="method">{method}</span>'
        f"<code>{escape(path)}</code></h2><p><b>{escape(operation['summary'])}.</b> "
        f"{_prose(operation.get('description', ''))}{' Needs a key.' if operation.get('security') else ''}</p>"
    ]
    given = operation.get("parameters", [])
    fields = [_field(document, field["name"], field["schema"], "required" * field["required"]) for field in given]
    if fields:
        parts.append(_table("Parameters", fields))
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolve(document, body["schema"])
        parts.append(_table(f"Body: {media_type}", _fields(document, schema)))
    parts.append(f"<h3>Example</h3><pre>{escape(_command(base_url, method, path, operation))}</pre>")
    answers = [(status, escape(answer["description"])) for status, answer in operation["responses"].items()]
    parts.append(_table("Answers", answers))
    for answer in operation["responses"].values():
        schema = _resolve(document, answer.get("content", {}).get("application/json", {}).get("schema", {}))
        if schema.get("properties") and "error" not in schema.get("required", []):
            parts.append(_table("Fields of the answer", _fields(document, schema, "always there")))
    return "".join(parts)


def _fields(document: Json, schema: Json, word: str = "required") -> list[tuple[str, str]]:
    required = schema.get("required", [])
    return [_field(document, name, field, word * (name in required)) for name, field in schema["properties"].items()]


def _field(document: Json, name: str, field: Json, required: str) -> tuple[str, str]:
    """Return a row: the name, and in one line its type, limits, default and meaning."""
    facts = [_type(field)]
    if field.get("default") is not None:
        facts.append(f"default {json.dumps(field['default'])}")
    if required:
        facts.append(required)
    meaning = field.get("description") or _resolve(document, field).get("description", "")
    return f"<code>{escape(name)}</code>", f"<i>{escape(', '.join(facts))}</i> {_prose(meaning)}"


def _type(field: Json) -> str:
    if "anyOf" in field:
        return " or ".join(_type(kind) for kind in field["anyOf"])
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    limits = [f"{sign} {field[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in field]
    return " ".join([field.get("format") or field.get("type", "any"), *limits])


def _command(base_url: str, method: str, path: str, operation: Json) -> str:
    for field in operation.get("parameters", []):
        path = path.replace(f"{{{field['name']}}}", field["schema"].get("enum", [f"{{{field['name']}}}"])[0])
    parts = ["curl"] if method == "GET" else [f"curl -X {method}"]
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $CASTLIST_KEY"')
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        parts.append("-F file=@portrait.jpg")
    if "application/json" in content:
        example = next(iter(content["application/json"]["examples"].values()))["value"]
        shown = {name: _shortened(value) for name, value in example.items()}
        parts.append(f"-H 'Content-Type: application/json' -d '{json.dumps(shown, ensure_ascii=False)}'")
    return " \\\n  ".join([*parts, f"'{base_url}{path}'"])


def _shortened(value: Any) -> Any:
    return f"{value[:SHOWN_CHARS]}…" if isinstance(value, str) and len(value) > SHOWN_CHARS else value


def _resolve(document: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td>{first}</td><td>{second}</td></tr>" for first, second in rows)
    return f"<h3>{escape(title)}</h3><table>{body}</table>"


def _prose(text: str) -> str:
    """Escape text and set what stands in backticks as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
