"""The inspect page as HTML: form, result, problem. Pure; whatever comes from a file is escaped.

Called by its route. One file, no script, nothing loaded from anywhere, so it works behind the strictest policy.
"""

import base64
import hashlib
from html import escape

from castlist.provenance.inspect import Report

STYLE = """
:root{color-scheme:light dark;--ink:#1d1d1f;--faint:#65645f;--line:#dcd8cf;--paper:#fbfaf7;--card:#fff;--accent:#1f5f8b;
--on:#fff;--good:#2f7d4f;--bad:#b3372f}
@media(prefers-color-scheme:dark){:root{--ink:#ecebe7;--faint:#a8a69f;--line:#3a3936;--paper:#161615;--card:#201f1e;
--accent:#8cc4ec;--on:#10222e;--good:#7fcf9f;--bad:#f0948c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:720px;margin:0 auto;padding:56px 24px}
h1{font-size:30px;line-height:1.2;margin:0 0 8px}
h2{font-size:20px;line-height:1.35;margin:0 0 12px;overflow-wrap:anywhere}
p{margin:0 0 16px}
.faint,li span{color:var(--faint)}
form,.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:24px;margin:24px 0}
label{display:block;font-weight:600;margin-bottom:8px}
input[type=file]{display:block;width:100%;padding:12px;border:1px dashed var(--line);border-radius:8px;color:inherit;
font:inherit;background:var(--paper)}
#about{margin:8px 0 16px;font-size:15px}
button{padding:10px 22px;border:0;border-radius:8px;background:var(--accent);color:var(--on);
font:inherit;font-weight:600;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:8px 20px;margin:0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
.machine{border-left:4px solid var(--accent)}
.broken{border-left:4px solid var(--bad)}
@media(max-width:520px){main{padding:32px 16px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STATES = {
    "trusted": "Valid, from an issuer trusted here",
    "unknown_signer": "Valid, from a signer whom nobody here vouches for",
    "tampered": "Broken: the file was changed after it was signed",
    "unreadable": "Damaged beyond reading",
    "absent": "None",
}
_MACHINE = {True: "Yes, a mark says so", False: "No, a mark says otherwise", None: "Nothing says either"}


def form() -> str:
    """Return the page that asks for a picture."""
    return _page("Inspect a picture", _FORM)


def result(found: Report) -> str:
    """Return the page that says what was found."""
    kind = (
        "broken" if found.credentials.state in ("tampered", "unreadable") else "machine" if found.machine_made else ""
    )
    return _page(
        "What this picture says of itself",
        f'<section class="card {kind}" role="status"><h2>{escape(found.conclusion)}</h2>{_list(found)}</section>'
        f"<h2>Another one</h2>{_FORM}",
    )


def problem(message: str) -> str:
    """Return the page that says why a picture could not be looked at."""
    return _page(
        "This picture could not be read",
        f'<section class="card broken" role="alert"><p>{escape(message)}</p></section>{_FORM}',
    )


_FORM = (
    '<form method="post" action="/inspect" enctype="multipart/form-data"><label for="file">A picture</label>'
    '<input id="file" name="file" type="file" required accept="image/png,image/jpeg,image/webp,image/gif" '
    'aria-describedby="about"><p id="about" class="faint">JPEG, PNG, WebP or GIF, up to 20 MB. '
    'It is looked at and forgotten.</p><button type="submit">Inspect</button></form>'
)


def _list(found: Report) -> str:
    signed, tags = found.credentials, found.tags
    rows = [
        ("File", f"{found.format}, {found.width_px} × {found.height_px} px"),
        ("Made by a machine", _MACHINE[found.machine_made]),
        ("Number", found.number),
        ("Credentials", _STATES.get(signed.state, signed.state)),
        ("Signed by", signed.signer),
        ("Software", signed.software),
        ("Engine", signed.engine),
        ("Model", signed.model),
        ("Made at", signed.made_at),
        ("Problems", ", ".join(signed.problems)),
        ("Watermark", found.findings[1].partition(": ")[2]),
        ("Tags", found.findings[2].partition(": ")[2] if tags else "None"),
    ]
    shown = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in rows if value)
    return f"<dl>{shown}</dl>"


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} – castlist</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
        '<p class="faint">Reads content credentials, watermark and tags back and says in words what they amount to. '
        "Only a signature proves anything, and finding nothing proves nothing.</p>"
        f"{content}</main></body></html>"
    )
