"""The page: one HTML file that needs no other."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from simulator.report import (
    certificate_table,
    claims_table,
    codec_table,
    connection_tables,
    design_table,
    detection_table,
    errors_table,
    expected_table,
    importance_table,
    machines,
    models,
    neuron_table,
    precision_table,
    predicted_table,
    repeats_table,
    score_table,
    search_table,
    sendings,
    sharper,
    tail_table,
    time_tables,
    traffic,
    trends_table,
    uncertainty_table,
)
from simulator.report.agreement import agreement_rows, agreement_title, identity_note
from simulator.report.answer import answer, caption
from simulator.report.fitting import Rows
from simulator.report.headings import HEADINGS
from simulator.report.html_style import CSS
from simulator.report.numbers import in_words
from simulator.report.tables import LEGEND, has_summary, summary_rows
from simulator.study.record import Record

MOST_TURNED = 6  # cells up to which the agreement has a column for each
HEAD_LENGTH = 200  # characters of a page in which the fingerprint of its record stands
MOST_AIRY = 7  # columns up to which an interval stands beside its number
ABOVE_TABLES = frozenset({"topology"})

AGREEMENT_NOTE = (
    '<p class="small">Expected accuracy knows no time; served accuracy is what the simulated requests got. They may '
    "differ by what is in flight, detected late or queued while components change. The bound holds when "
    "|served − expected| ≤ bound + both half-widths.</p>"
)
PAGE = """<!DOCTYPE html>
<html lang="en"><head>
<meta charset="utf-8"><meta name="record" content="{record}">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style>
</head><body><main>
{content}
</main></body></html>
"""


def write_page(record: Record, figures: Mapping[str, str], folder: Path) -> Path:
    """Write ``report.html``: the question, the answer, drawing, tables, figures, notes, and how to run it again.

    Args:
        record: The answer.
        figures: SVG text by name; ``topology``, ``endings`` or a curve's name, with ``-`` and a cell's name after it.
        folder: Where; made if missing.

    Returns:
        The path of the page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    path.write_text(page_text(record, figures), encoding="utf-8")
    return path


def page_text(record: Record, figures: Mapping[str, str]) -> str:
    """Return the page as text; everything that comes from a file is escaped."""
    title = html.escape(record.title)
    above = [_figure(record, name, figures[name]) for name in figures if kind_of(name) in ABOVE_TABLES]
    below = [_figure(record, name, figures[name]) for name in figures if kind_of(name) not in ABOVE_TABLES]
    body = [
        f"<h1>{title}</h1>", _banners(record), _question(record),
        *above, _section(claims_table.TITLE, claims_table.claims_html(record)),
        _section("Over the repeats", _repeats(record)),
        _section(search_table.TITLE, search_table.search_html(record)),
        _section(trends_table.TITLE, trends_table.trends_html(record)), _section("The numbers", _summary(record)),
        _section(score_table.TITLE, _noted(*score_table.score_rows(record), score_table.caption_of(record))),
        _section(expected_table.TITLE, expected_table.expected_html(record)),
        _section(uncertainty_table.TITLE, _uncertainty(record)),
        _section(certificate_table.TITLE, certificate_table.certificate_html(record)),
        _section(design_table.TITLE, design_table.design_html(record)),
        _section(connection_tables.TITLE, connection_tables.connections_html(record)),
        _section(neuron_table.TITLE, neuron_table.neuron_html(record)),
        _section(agreement_title(record), _agreement(record)),
        _section(sharper.TITLE, sharper.sharper_html(record)),
        _section(tail_table.TITLE, tail_table.tail_html(record)),
        _section(time_tables.TITLE, time_tables.time_html(record)),
        _section(detection_table.TITLE, detection_table.detection_html(record)),
        _section(importance_table.TITLE, importance_table.importance_html(record)),
        _section(predicted_table.TITLE, predicted_table.predicted_html(record)),
        _section(traffic.TITLE, traffic.traffic_html(record)),
        _section(models.TITLE, models.models_html(record)),
        _section(machines.TITLE, machines.machines_html(record)),
        _section(sendings.TITLE, sendings.sendings_html(record)),
        _section(codec_table.TITLE, _noted(*codec_table.codec_rows(record), codec_table.CAPTION)),
        _section(errors_table.TITLE, _errors(record)), *below,
        _section(precision_table.TITLE, precision_table.precision_html(record)),
        _section("Where requests were lost or late", _reasons(record)),
        _section("Notes and warnings", _notes(record)), _section("How to run it again", _again(record)),
    ]
    content = "\n".join(part for part in body if part)
    return PAGE.format(record=fingerprint(record), title=title, style=CSS, content=content)


def is_shown(mark: str, folder: Path) -> bool:
    """Return whether the page in a folder shows the record with a fingerprint: an older page may lack what it says."""
    try:
        with (folder / "report.html").open(encoding="utf-8") as file:
            return mark in file.read(HEAD_LENGTH)
    except (OSError, UnicodeDecodeError):
        return False


def fingerprint(record: Record) -> str:
    """Return the hash of everything that a record says: that of its file."""
    return hashlib.sha256(record.to_json().encode()).hexdigest()


def kind_of(name: str) -> str:
    """Return what a figure shows: its name up to the cell.

    >>> kind_of("accuracy_over_time-resilinet")
    'accuracy_over_time'
    """
    return name.partition("-")[0]


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{html.escape(heading)}</h2>{content}</section>" if content else ""


def _banners(record: Record) -> str:
    texts = []
    if record.is_synthetic:
        texts.append("<strong>SYNTHETIC data.</strong> The data set was missing and random arrays of its shapes stood "
                     "in for it: the accuracies mean nothing.")
    if record.is_quick:
        texts.append("<strong>Quick run.</strong> Training and simulation were cut short: the numbers only show that "
                     "it works.")
    return "".join(f'<p class="banner">{text}</p>' for text in texts)


def _question(record: Record) -> str:
    question = f'<p class="question">{html.escape(record.question)}</p>' if record.question else ""
    return f'<section>{question}<p class="answer">{html.escape(answer(record))}</p></section>'


def _figure(record: Record, name: str, svg: str) -> str:
    kind, _, cell = name.partition("-")
    words = in_words(record, HEADINGS.get(kind, kind.replace("_", " ").capitalize()))
    heading = words + (f": {cell}" if cell else "")
    words = html.escape(caption(record, kind))
    image = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return (f'<section><h2>{html.escape(heading)}</h2><figure><img alt="{html.escape(heading)}" '
            f'src="data:image/svg+xml;base64,{image}"><figcaption>{words}</figcaption></figure></section>')


def _table(headers: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    body = body.replace("<td>  ", "<td>&emsp;")  # indented: a part of what stands above it
    kind = "wide tight" if len(headers) > MOST_AIRY else "wide"
    if len(headers) > MOST_AIRY:  # intervals go under their numbers
        body = body.replace(" ± ", "<br>± ").replace(" [", "<br>[")
    return f'<div class="{kind}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _summary(record: Record) -> str:
    if not has_summary(record) and (traffic.has_traffic(record) or design_table.cells_with_designs(record)
                                    or neuron_table.cells_with_neurons(record)):
        return _methods(record)
    headers, rows = summary_rows(record)
    words = "; ".join(f"<b>{html.escape(head)}</b>: {html.escape(in_words(record, LEGEND[head]))}"
                      for head in headers if head in LEGEND)
    note = f'<p class="small">{words}. Intervals cover 95 %; numbers without one are exact.</p>'
    if record.repeats:
        note += f"<details><summary>Every cell</summary>{_table(headers, rows)}</details>"
        return note + _methods(record)
    return _table(headers, rows) + note + _methods(record)


def _repeats(record: Record) -> str:
    texts = []
    for table in repeats_table.tables(record):
        texts.append(f"<h3>{html.escape(table.title)}</h3>{_table(table.headers, table.rows)}"
                     f'<p class="small">{html.escape(table.caption)}</p>')
    return "".join(texts)


def _uncertainty(record: Record) -> str:
    """Return the sources of uncertainty of expected accuracy, and the paired differences of cells."""
    found = uncertainty_table.differences(record)
    found += [table for table in [uncertainty_table.inputs(record)] if table.rows]
    sources = uncertainty_table.sources(record)
    texts = [_table(sources.headers, sources.rows) + f'<p class="small">{html.escape(sources.caption)}</p>'
             ] if sources.rows else []
    texts += [f"<h3>{html.escape(table.title)}</h3>{_table(table.headers, table.rows)}"
              f'<p class="small">{html.escape(table.caption)}</p>' for table in found]
    return "".join(texts)


def _methods(record: Record) -> str:
    """Return how each estimate of the first cell was found, folded away."""
    found = {name: estimate for cell in reversed(record.cells) for name, estimate in cell.estimates.items()}
    rows = [[name, found[name].method, found[name].uncertainty, str(found[name].samples)] for name in sorted(found)]
    table = _table(["estimate", "method", "interval covers", "samples"], rows)
    return f"<details><summary>How each number was found</summary>{table}</details>" if rows else ""


def _agreement(record: Record) -> str:
    headers, rows = agreement_rows(record)
    if not rows:
        return ""
    if len(rows) <= MOST_TURNED:
        headers, *rows = (list(texts) for texts in zip(headers, *rows, strict=True))
    note = f'<p class="small">{html.escape(identity_note(record))}.</p>' if identity_note(record) else ""
    has_bound = "bound" in str(headers) + str(rows)
    return _table(headers, rows) + (in_words(record, AGREEMENT_NOTE) if has_bound else "") + note


def _noted(headers: list[str], rows: Rows, caption: str) -> str:
    """Return a table with what its numbers are; "" where it has no rows."""
    return f'{_table(headers, rows)}<p class="small">{html.escape(caption)}.</p>' if rows else ""


def _errors(record: Record) -> str:
    (headers, rows), (by_ending, endings) = errors_table.error_rows(record), errors_table.ending_rows(record)
    if not rows:
        return ""
    note = f'<p class="small">{html.escape(errors_table.CAPTION)}.</p>'
    return _table(headers, rows) + note + (_table(by_ending, endings) if endings else "")


def _reasons(record: Record) -> str:
    rows = [{"cell": cell.name, **row} for cell in record.cells for row in cell.tables.get("reasons", [])]
    keys = {key for row in rows for key in row} - {"cell"}
    counts = {key for key in keys if any(isinstance(row.get(key), int | float) for row in rows)}
    headers = ["cell", *sorted(keys - counts), *sorted(counts)]
    return _table(headers, [[str(row.get(key, "")) for key in headers] for row in rows]) if rows else ""


def _notes(record: Record) -> str:
    items = []
    for note, names in record.notes.items():
        where = "" if len(names) == len(record.cells) else f"{', '.join(names)}: "
        items.append(f"<li>{html.escape(where + note)}</li>")
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _again(record: Record) -> str:
    command = f"sim run scenario.yaml --seed {record.seed}" + (" --quick" if record.is_quick else "")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
    facts = [("run", record.hash), ("seed", str(record.seed)), ("versions", versions)]
    facts += [(f"cell {cell.name}", cell.hash) for cell in record.cells]
    rows = "".join(f"<tr><th>{html.escape(name)}</th><td><code>{html.escape(value)}</code></td></tr>"
                   for name, value in facts)
    resolved = html.escape(scenario_yaml(record))
    return (f"<p>Save the resolved scenario below as <code>scenario.yaml</code>, then:</p>"
            f'<pre>{html.escape(command)}</pre><table class="facts"><tbody>{rows}</tbody></table>'
            f"<details><summary>The resolved scenario</summary><pre>{resolved}</pre></details>")


def scenario_yaml(record: Record) -> str:
    """Return the resolved scenario as YAML text."""
    plain = json.loads(json.dumps(record.scenario, default=str))
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where PyYAML was built with it
    return str(yaml.dump(plain, Dumper=dumper, sort_keys=False, allow_unicode=True, width=110))
