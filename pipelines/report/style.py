"""Style: how a report looks, in the light and in the dark, on a wide window and on a narrow one."""

from __future__ import annotations

CSS = """
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --ink: #202328; --soft: #5d636d; --rule: #e2e2dc; --tint: #f2f2ed;
  --mark: #3f6fa3; --good: #2b7449; --bad: #ad3a29;
  --c0: #3f6fa3; --c1: #c26a2d; --c2: #4a8a57; --c3: #8a5aa8;
    --c4: #a8456b; --c5: #2f8a96; --c6: #8a7a2f; --c7: #70747c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --ink: #e4e5e8; --soft: #9ba1ab; --rule: #2d3138; --tint: #1f2227;
    --mark: #79a7d8; --good: #7cc598; --bad: #ee8b7b;
    --c0: #79a7d8; --c1: #e79a5f; --c2: #84c492; --c3: #bd95d8;
    --c4: #e0829f; --c5: #6fc3ce; --c6: #cbbb6c; --c7: #a9adb5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 64rem; padding: 3rem clamp(1rem, 4vw, 2.5rem) 5rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 3px; border-radius: 2px; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; margin: .25rem 0 .5rem; }
h2 { font-size: 1.2rem; font-weight: 650; margin: 0 0 1rem; }
h3 { font-size: .95rem; font-weight: 600; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
section { border-top: 1px solid var(--rule); margin-top: 2.5rem; padding-top: 1.5rem; }
.kind, .facts, .note, figcaption, footer { color: var(--soft); font-size: .875rem; }
.kind { margin: 0; }
.facts { list-style: none; padding: 0; margin: 0 0 1.25rem; display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; }
.verdict { font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); }
nav ul {
  list-style: none;
  display: flex;
  flex-wrap: wrap;
  gap: .25rem 1.25rem;
  padding: 0;
  margin: 0;
  font-size: .9rem;
}
.sum {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: .25rem 1rem;
  max-width: none;
  margin: 0 0 1.5rem;
}
.sum b { font-size: 1.6rem; font-weight: 600; letter-spacing: -.01em; margin-right: .3rem; }
.sum .sign { color: var(--soft); font-size: 1.3rem; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td {
  text-align: left;
  vertical-align: baseline;
  padding: .32rem 1.5rem .32rem 0;
  border-bottom: 1px solid var(--rule);
}
th { font-weight: 500; }
thead th { color: var(--soft); font-size: .8rem; white-space: nowrap; }
tbody th, td { min-width: 11rem; max-width: 34rem; overflow-wrap: anywhere; }
.number, .short { min-width: 0; white-space: nowrap; }
.number { text-align: right; }
code, .key {
  font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: .85em;
}
.charts, .clips {
  display: grid; gap: 1.75rem 2.25rem; margin: 0 0 1.25rem; padding: 0;
  grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr));
}
figure { margin: 0; min-width: 0; }
figcaption { margin-top: .35rem; }
.legend {
  list-style: none;
  display: flex;
  flex-wrap: wrap;
  gap: .1rem 1rem;
  padding: 0;
  margin: .3rem 0 0;
  font-size: .85rem;
}
.legend li::before {
  content: "";
  display: inline-block;
  width: 1.1em;
  height: 3px;
  margin: 0 .4em .25em 0;
  background: currentColor;
}
.legend li { font-weight: 500; }
svg.chart { display: block; width: 100%; max-width: 30rem; height: auto; }
svg text { fill: var(--soft); font-size: 10px; font-family: inherit; }
svg .mark { fill: var(--mark); }
svg .rule { stroke: var(--rule); stroke-width: 1; }
svg .line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; }
svg .dot { fill: currentColor; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
.c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); } .c7 { color: var(--c7); }
svg.bar {
  display: block;
  width: 100%;
  min-width: 6rem;
  height: .5rem;
  background: var(--tint);
  border-radius: 2px;
}
svg.wave { display: block; width: 100%; height: 3rem; background: var(--tint); }
.clips { list-style: none; }
.clips li { min-width: 0; }
.clips img { display: block; width: 100%; height: 4.5rem; }
.clips audio { display: block; width: 100%; height: 2.25rem; margin: .5rem 0 .4rem; }
.clips p { margin: 0; font-size: .875rem; overflow-wrap: anywhere; }
.matrix th, .matrix tbody td {
  min-width: 0;
  padding: .2rem .4rem;
  border: 0;
  font-size: .8rem;
  text-align: right;
  max-width: none;
  white-space: nowrap;
}
.matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: .4rem .2rem; }
.matrix thead td { vertical-align: bottom; text-align: left; color: var(--soft); }
.matrix td { min-width: 0; }
.matrix td.cell { min-width: 2rem; }
.s0 { color: var(--soft); }
.s1 { background: color-mix(in srgb, var(--mark) 14%, var(--paper)); }
.s2 { background: color-mix(in srgb, var(--mark) 26%, var(--paper)); }
.s3 { background: color-mix(in srgb, var(--mark) 38%, var(--paper)); }
.s4 { background: color-mix(in srgb, var(--mark) 85%, var(--paper)); color: var(--paper); }
.diagonal { font-weight: 650; }
footer { border-top: 1px solid var(--rule); margin-top: 2.5rem; padding-top: 1rem; }
@media (max-width: 34rem) {
  body { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  .sum b { font-size: 1.35rem; }
  th, td { padding-right: 1rem; }
}
@media print { nav, audio { display: none; } section { break-inside: avoid-page; } }
"""
