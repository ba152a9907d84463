"""The look of the page: light, readable, and fit for paper."""

CSS = """
:root { color-scheme: light; }
body { background: #fff; color: #222; margin: 0; }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .5rem 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
.question { font-size: 1.1rem; color: #444; font-style: italic; margin: .3rem 0; }
.answer { font-size: 1.1rem; background: #eef5fa; border-left: 4px solid #0072b2; padding: .7rem 1rem; }
.banner { background: #fff0e6; border: 2px solid #d55e00; padding: .6rem 1rem; }
.wide { overflow-x: auto; }
.tight th, .tight td { padding: .3rem .45rem; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; margin: .4rem 0; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
thead th { border-bottom: 2px solid #888; }
td { white-space: nowrap; }
th:first-child, td:first-child, .facts td, details td, details th { text-align: left; }
.facts td, details td { white-space: normal; overflow-wrap: anywhere; }
figure { margin: .5rem 0; }
figure img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
figcaption, .small { font-size: .88rem; color: #555; }
figcaption { margin-top: .4rem; }
pre { background: #f6f6f6; border: 1px solid #e3e3e3; padding: .6rem .8rem; overflow-x: auto; font-size: .85rem; }
summary { cursor: pointer; margin: .5rem 0; color: #0060a0; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  figure, table, .answer { break-inside: avoid; }
  h2 { break-after: avoid; }
  pre { white-space: pre-wrap; }
}
"""
