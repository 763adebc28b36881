"""The frame of a report: escaping, tables, small pictures, and the style for screen and paper, light and dark."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from PIL import Image

from engine.protocol.messages.data import Shown

STYLE: Final = """
:root{--page:#f4f5f7;--panel:#fff;--raised:#eef0f4;--line:#dfe3ea;--grid:#e6e9ef;--text:#1a1d23;--dim:#59606d;
--faint:#6c7482;--accent:#3f6fe0;--ok:#13794a;--bad:#c22f2f;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--panel:#1b1e24;--raised:#22262e;--line:#2d323c;--grid:#262a32;
--text:#e7e9ee;--dim:#9aa2b1;--faint:#7f8796;--accent:#6f9aff;--ok:#3ecf8e;--bad:#ff7b7b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:14px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:1120px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}
h2{font-size:18px;margin:40px 0 12px}
h3{font-size:14px;margin:0 0 8px}
p{margin:0 0 8px;max-width:78ch}
.dim{color:var(--dim)}.faint{color:var(--faint)}.small{font-size:12px}
.mono,td.n,th.n{font-family:"JetBrains Mono",ui-monospace,Menlo,Consolas,monospace;font-variant-numeric:tabular-nums}
.scores{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:20px 0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 16px;break-inside:avoid}
.score b{display:block;font-size:24px;line-height:1.25;font-weight:650}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:14px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px}
th{color:var(--faint);font-weight:500;text-align:left;border-bottom:1px solid var(--line)}
td,th{padding:4px 10px 4px 0;vertical-align:middle}
td.n,th.n{text-align:right;font-size:12px}
tr.total td{color:var(--dim)}
tbody tr+tr td{border-top:1px solid var(--grid)}
.matrix td,.matrix th{padding:0;border:0!important;text-align:center}
.matrix td{min-width:34px;height:30px;font-size:12px;border-radius:4px;background:var(--raised)}
.matrix{border-collapse:separate;border-spacing:2px;width:auto}
.matrix th{color:var(--dim);font-size:12px;padding:0 6px;max-width:110px;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap}
.matrix th[scope=row]{text-align:right}
.bar{height:12px;background:var(--raised);border-radius:3px;position:relative;min-width:120px}
.bar i{position:absolute;inset:0 auto 0 0;background:var(--accent);border-radius:3px}
.bar u{position:absolute;top:5px;height:2px;background:var(--text)}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px}
.broad{grid-template-columns:repeat(auto-fill,minmax(250px,1fr))}
.sample{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px;break-inside:avoid;
overflow-wrap:anywhere;font-size:12px}
.sample .pictures{display:flex;gap:6px;justify-content:center;min-height:20px;margin-bottom:6px}
.sample .pictures img{flex:0 1 auto;min-width:0;height:auto;object-fit:contain}
.sample img,.tiles img{image-rendering:auto;max-width:100%;border-radius:4px}
.sample img.tiny,.tiles img.tiny{image-rendering:pixelated}
.tiles{border-collapse:separate;border-spacing:6px;width:auto}
.tiles td,.tiles th{border:0!important;padding:0;text-align:center;font-size:11px;color:var(--dim)}
.wrong{color:var(--bad)}.right{color:var(--ok)}
figure{margin:0}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--dim);font:11px Inter,system-ui,sans-serif}
svg .grid{stroke:var(--grid)}
svg .reference{stroke:var(--faint);stroke-dasharray:4 4;fill:none}
.legend{list-style:none;margin:8px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12px;
color:var(--dim)}
.legend li{display:flex;align-items:center;gap:6px}
.legend svg{width:22px;height:10px}
figcaption{margin-top:8px}
pre{background:var(--raised);border-radius:8px;padding:12px 14px;overflow-x:auto;font-size:12.5px;white-space:pre-wrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
@media print{body{background:#fff;font-size:11px}main{max-width:none;padding:0}.plots{grid-template-columns:1fr 1fr}
h2{break-after:avoid}.card,.sample{border-color:#ccc}}
@media(max-width:560px){.plots{grid-template-columns:1fr}main{padding:20px 14px}}
"""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, body: Iterable[str]) -> str:
    """A whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def text(value: object, limit: int = 400) -> str:
    """Anything as text of a page: escaped, without signs that cannot be seen, cut where it is long."""
    plain = "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in str(value))
    return html.escape(plain if len(plain) <= limit else plain[: limit - 1] + "…", quote=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, totals: int = 0) -> str:
    """A table of cells that are escaped already; the first `left` columns are words, the last `totals` rows paler."""
    rows = list(rows)
    head = "".join(f"<th{'' if at < left else ' class=n'}>{name}</th>" for at, name in enumerate(heads))
    body = []
    for number, row in enumerate(rows):
        cells = "".join(f"<td{'' if at < left else ' class=n'}>{cell}</td>" for at, cell in enumerate(row))
        body.append(f"<tr{' class=total' if number >= len(rows) - totals else ''}>{cells}</tr>")
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values; the values are escaped already, those that are empty left out."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in pairs if value) + "</dl>"


def picture(shown: Shown, alternative: str, *, side: int = 96) -> str:
    """A small picture as a data URI, curves as lines, anything else as words."""
    if shown.width > 0 and shown.height > 0 and len(shown.rgb) == shown.width * shown.height * 3:
        pixels = np.frombuffer(shown.rgb, np.uint8).reshape(shown.height, shown.width, 3)
        return _png(Image.fromarray(pixels), alternative, side)
    if shown.width > 0 and shown.height > 0 and len(shown.mask) == shown.width * shown.height:
        classes = np.frombuffer(shown.mask, np.uint8).reshape(shown.height, shown.width)
        colours = np.array(
            [(20, 24, 30), *((int(c[1:3], 16), int(c[3:5], 16), int(c[5:], 16)) for c in COLORS)], np.uint8
        )
        shown_as = np.where(classes == 0, 0, 1 + (classes.astype(np.int64) - 1) % len(COLORS))
        return _png(Image.fromarray(colours[shown_as]), alternative, side)
    if shown.curve and shown.channels:
        return _curve(shown, alternative)
    return f"<span>{text(shown.text, 200)}</span>" if shown.text else ""


COLORS: Final = ("#5b8cff", "#2fb98a", "#e39a2e", "#a97bff", "#e0663c", "#35a7d6", "#d860ae", "#8d99ae")
"""Of series, in order; each can be told from the page in light and dark."""


def _png(image: Image.Image, alternative: str, side: int) -> str:
    tiny = max(image.size) <= 64
    if max(image.size) > side:
        image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    scale = max(1, side // max(1, max(image.size))) if tiny else 1
    data = base64.b64encode(file.getvalue()).decode()
    width, height = image.size[0] * scale, image.size[1] * scale
    kind = ' class="tiny"' if tiny else ""
    size = f'width="{width}" height="{height}"'
    return f'<img{kind} alt="{text(alternative, 120)}" {size} src="data:image/png;base64,{data}">'


def _curve(shown: Shown, alternative: str) -> str:
    bands = np.frombuffer(shown.curve, "<f4").reshape(shown.channels, -1, 2)
    low, high = float(bands.min()), float(bands.max())
    lines = []
    for number, band in enumerate(bands[: len(COLORS)]):
        x = np.linspace(1, 119, len(band))
        y = 47 - (band - low) / max(high - low, 1e-12) * 46
        points = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y[:, 1], strict=True)]
        points += [f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], y[::-1, 0], strict=True)]
        lines.append(f'<polygon points="{" ".join(points)}" fill="{COLORS[number]}" stroke="{COLORS[number]}"/>')
    return f'<svg viewBox="0 0 120 48" role="img" aria-label="{text(alternative, 120)}">{"".join(lines)}</svg>'
