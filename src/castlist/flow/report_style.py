"""The look of the report: one style sheet, kept apart because its hash stands in the page's security policy."""

STYLE = """
:root{--ink:#1d1d1f;--faint:#6f6e6a;--line:#e3e0d9;--paper:#fbfaf7;--card:#fff;--good:#2f7d4f;--fair:#a36a00;
--bad:#b3372f;--soft:#efece5;--note:#f3f0e8;--pale-good:#e2efe6;--pale-bad:#f7e2df}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#ecebe7;--faint:#a8a69f;--line:#3a3936;
--paper:#161615;--card:#201f1e;--good:#7fcf9f;--fair:#e0b05c;--bad:#f0948c;--soft:#2c2b29;--note:#262523;
--pale-good:#1f3a2a;--pale-bad:#45221f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1160px;margin:0 auto;padding:48px 32px 16px}
footer{max-width:1160px;margin:0 auto;padding:16px 32px 48px;color:var(--faint);font-size:13px}
h1{font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:4px 0 12px;overflow-wrap:anywhere}
h2{font-size:20px;font-weight:650;margin:48px 0 16px}
h3{font-size:17px;font-weight:600;margin:0}
h3 span{color:var(--faint);font-weight:400;margin-right:4px}
code{font:.9em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.kicker{margin:0;color:var(--faint);font-size:14px}
.id{margin:0;display:flex;flex-wrap:wrap;gap:2px 12px;align-items:center;color:var(--faint);font-size:14px}
.state{display:inline-block;padding:1px 10px;border-radius:99px;background:var(--soft);color:var(--ink)}
.state.completed{background:var(--pale-good);color:var(--good)}
.state.failed{background:var(--pale-bad);color:var(--bad)}
.error{margin:16px 0 0;padding:12px 16px;border-left:3px solid var(--bad);background:var(--card)}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;margin-top:28px;background:var(--line);
border:1px solid var(--line);border-radius:12px;overflow:hidden}
.figures div{background:var(--card);padding:16px 20px}
.figures b{display:block;white-space:nowrap;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
.figures span{color:var(--faint);font-size:14px}
.given{display:grid;grid-template-columns:auto 1fr;gap:32px;margin-top:32px;align-items:center}
.references{display:flex;gap:12px;flex-wrap:wrap}
.references img,.references .gone{width:220px;height:220px;object-fit:cover;border-radius:12px;display:block}
.gone{background:var(--soft);color:var(--faint);display:grid;place-items:center;aspect-ratio:1;padding:16px;font-size:14px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:16px 32px;margin:0}
dt{color:var(--faint);font-size:13px}
dd{margin:0;overflow-wrap:anywhere}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:24px}
article{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;break-inside:avoid}
article img{display:block;width:100%;background:var(--soft)}
.text{padding:14px 18px 18px}
.score{margin:6px 0 6px;color:var(--faint)}
.score b{font-size:22px;font-weight:600;font-variant-numeric:tabular-nums;margin-right:4px}
.same b{color:var(--good)}.uncertain b{color:var(--fair)}.different b{color:var(--bad)}
.bar{display:block;width:100%;height:4px;background:var(--soft);border-radius:2px}
.bar rect{fill:var(--good)}
.uncertain+.bar rect{fill:var(--fair)}.different+.bar rect{fill:var(--bad)}
.reason{margin:10px 0 0;font-size:14px}
.meta{margin:8px 0 0;color:var(--faint);font-size:13px}
.notes{margin:10px 0 0;padding:8px 12px;background:var(--note);border-radius:8px;font-size:13px;overflow-wrap:anywhere}
ul{margin:0;padding:0 0 0 16px}
section>.notes{margin:-4px 0 20px;padding:12px 16px;font-size:14px}
table{border-collapse:collapse;width:100%;font-size:15px}
td{text-align:left;vertical-align:top;padding:8px 16px 8px 0;border-top:1px solid var(--line)}
.lost p{color:var(--faint);margin:-8px 0 12px}
@media(max-width:720px){main{padding:24px 16px 8px}footer{padding:16px 16px 32px}h1{font-size:24px}
.figures{grid-template-columns:1fr 1fr}.given{grid-template-columns:1fr;gap:20px}
.references img,.references .gone{width:148px;height:148px}dl{grid-template-columns:1fr 1fr;gap:12px 16px}
.images{grid-template-columns:1fr;gap:16px}}
@media print{body{background:#fff}main{padding:0}article{border-color:#ccc}}
"""
