"""The page's HTML and CSS. Every value passes through the template's escaping."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark; --page: #fff; --card: #f3f4f6; --ink: #16181d; --soft: #50565f; --line: #d5d8dd;
  --back: #b04c00; --hip: #0069a5; }
@media (prefers-color-scheme: dark) { :root { --page: #060708; --card: #15181c; --ink: #eceef1; --soft: #a6adb7;
  --line: #31363d; --back: #f08a45; --hip: #5fb0e5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1180px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
p { margin: .3rem 0 .7rem; max-width: 75ch; }
.soft { color: var(--soft); font-size: .92rem; }
.lead { font-size: 1.1rem; margin: .9rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(168px, 1fr)); gap: 10px;
  margin: 1rem 0; padding: 0; }
.card { background: var(--card); border-radius: 10px; padding: 10px 14px; list-style: none; }
.card b { display: block; font-size: 1.5rem; line-height: 1.25; }
.card strong { font-weight: 600; }
.card span { display: block; color: var(--soft); font-size: .88rem; line-height: 1.35; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: .4rem 0; font-size: .9rem;
  color: var(--soft); }
.key li { list-style: none; display: flex; align-items: center; gap: 6px; }
.key svg { flex: none; }
.plot { margin: 0 -4px; min-height: 60px; }
.rows { overflow: auto; max-height: 540px; border: 1px solid var(--line); border-radius: 10px;
  width: fit-content; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: var(--card); text-align: left; font-weight: 600; vertical-align: bottom; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; white-space: nowrap; }
th.n { white-space: normal; }
tr.mark td { box-shadow: inset 0 0 0 99px color-mix(in srgb, var(--back) 13%, transparent); }
dl { display: grid; grid-template-columns: fit-content(34%) 1fr; gap: 6px 16px; margin: .6rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
.help { border: 1px solid var(--line); border-radius: 10px; padding: 4px 16px; margin-top: 1rem; }
ul.plain { padding-left: 1.2rem; margin: .3rem 0; }
@media (max-width: 860px) { .minor { display: none; } }
@media (max-width: 520px) { body { padding: 12px; } table { font-size: .82rem; } th, td { padding: 6px 3px; }
  .card b { font-size: 1.3rem; } .card { padding: 8px 10px; }
  .cards { grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 8px; } }
@media print { .rows { max-height: none; overflow: visible; } body { max-width: none; font-size: 12px; }
  .plot, .card, tr { break-inside: avoid; } h2, .key { break-after: avoid; } .card { border: 1px solid #bbb; } }
"""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>{{ page.title }}</title>
<style>{{ css }}</style>
</head>
<body>
{% macro table(t) %}
<div class="rows" tabindex="0"><table>
<thead><tr>{% for c in t.columns %}<th class="{{ c.classes }}" scope="col">{{ c.label }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in t.rows %}<tr{% if row.mark %} class="mark"{% endif %}>
{% for cell in row.cells %}<td class="{{ t.columns[loop.index0].classes }}">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% endmacro %}
<header>
<h1>{{ page.title }}</h1>
<p class="soft">{{ page.subtitle }}</p>
<p class="soft">This shows how you move. It is not a medical device; see the end of the page.</p>
<p class="lead">{{ page.lead }}</p>
<ul class="cards">{% for c in page.cards %}
<li class="card"><strong>{{ c.name }}</strong><b>{{ c.figure }}</b><span>{{ c.words }}</span></li>{% endfor %}
</ul>
</header>
<main>
{% for s in page.sections %}
<section><h2>{{ s.title }}</h2>
{% for p in s.words %}<p>{{ p }}</p>
{% endfor %}
{% if s.key %}<ul class="key">{% for k in s.key %}<li>{{ k.swatch }}{{ k.label }}</li>{% endfor %}</ul>{% endif %}
{% if s.plot %}<div class="plot" id="{{ s.plot }}"></div>{% endif %}
{% if s.facts %}<dl>{% for name, value in s.facts %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endif %}
{% if s.table %}{{ table(s.table) }}{% endif %}
{% for p in s.notes %}<p class="soft">{{ p }}</p>
{% endfor %}
</section>
{% endfor %}
<section class="help"><h2>{{ page.safety.title }}</h2>
{% for p in page.safety.words %}<p>{{ p }}</p>
{% endfor %}</section>
</main>
<noscript><p>The drawings need JavaScript; the tables and figures do not.</p></noscript>
{% for text in scripts %}<script>{{ text }}</script>
{% endfor %}
</body>
</html>
"""
