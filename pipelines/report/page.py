"""Page: what a report is made of, and its HTML: one file that asks for nothing from outside, and runs no script.

A page has sections, and a section has blocks: text, a sum that balances, tables, charts, clips, a confusion matrix.
Whatever comes from data is escaped by the template; pictures are drawn by pipelines.report.drawing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.report.style import CSS

if TYPE_CHECKING:
    from markupsafe import Markup

    from pipelines.report.listening import Clip


class Block:
    """A part of a section; `kind` says which part of the template shows it."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Text(Block):
    """A paragraph; `quiet` for a remark on how something was found."""

    kind: ClassVar[str] = "text"
    words: str
    quiet: bool = False


@dataclass(frozen=True)
class Sum(Block):
    """A total and the terms that add up to it, each with its word."""

    kind: ClassVar[str] = "sum"
    total: tuple[int, str]
    terms: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Table(Block):
    """Rows below a header. `caption` is for who does not see the page, and for everybody with `titled`.

    The first column names the row; `words` are the columns that hold words, the others hold numbers. A cell may be a
    picture.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    words: Collection[int] = (0,)
    titled: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart with what is said below it; `legend` names its lines, each with the number of its colour."""

    picture: Markup
    caption: str
    legend: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True)
class Charts(Block):
    """Charts side by side."""

    kind: ClassVar[str] = "charts"
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Card:
    """A recording to hear: its key, facts in a few words, its text, and the clip where there is one."""

    key: str
    facts: Sequence[str]
    text: str | None
    clip: Clip | None


@dataclass(frozen=True)
class Clips(Block):
    """Recordings to hear."""

    kind: ClassVar[str] = "clips"
    cards: Sequence[Card]


@dataclass(frozen=True)
class Matrix(Block):
    """How often each class (row) was answered as each class (column)."""

    kind: ClassVar[str] = "matrix"
    caption: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]

    def shade(self, row: int, column: int) -> int:
        """How dark a cell is, from 0 to 4: 0 for none, then by its share of the row.

        >>> matrix = Matrix("", ["a", "b"], [[9, 1], [0, 0]])
        >>> [matrix.shade(0, 0), matrix.shade(0, 1), matrix.shade(1, 1)]
        [4, 1, 0]
        """
        count = self.counts[row][column]
        part = count / max(1, sum(self.counts[row]))
        return 0 if not count else 1 + sum(part > limit for limit in (0.1, 0.25, 0.5))


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Page:
    """A report. `about` is what it is of, by which a later build knows whether it is up to date.

    `verdict` is said with `good` or without.
    """

    kind: str
    title: str
    description: str
    facts: Sequence[str]
    verdict: str
    good: bool
    sections: Sequence[Section]
    about: str = ""
    footer: Sequence[str] = field(default=())


BASE = """\
{%- macro kind(block, column, cell) -%}
{% if column not in block.words %} class="number"{% elif cell | string | length <= 24 %} class="short"{% endif %}
{%- endmacro -%}

{%- macro text(block) %}<p{% if block.quiet %} class="note"{% endif %}>{{ block.words }}</p>{% endmacro -%}

{%- macro sum(block) %}
<p class="sum"><span><b>{{ "{:,}".format(block.total[0]) }}</b>{{ block.total[1] }}</span>
{%- for count, word in block.terms %}
<span class="sign">{{ "=" if loop.first else "+" }}</span><span><b>{{ "{:,}".format(count) }}</b>{{ word }}</span>
{%- endfor %}</p>
{%- endmacro -%}

{%- macro table(block) %}
{% if block.titled %}<h3>{{ block.caption }}</h3>{% endif %}
<div class="scroll" role="region" aria-label="{{ block.caption }}" tabindex="0"><table>
<thead><tr>
{%- for name in block.columns %}<th scope="col"{{ kind(block, loop.index0, name) }}>{{ name }}</th>{% endfor -%}
</tr></thead>
<tbody>
{%- for row in block.rows %}
<tr>{% for cell in row -%}
{% if loop.first %}<th scope="row"{{ kind(block, 0, cell) }}>{{ cell }}</th>
{%- else %}<td{{ kind(block, loop.index0, cell) }}>{{ cell }}</td>{% endif %}
{%- endfor %}</tr>
{%- endfor %}
</tbody></table></div>
{%- endmacro -%}

{%- macro charts(block) %}
<div class="charts">
{%- for figure in block.figures %}
<figure>{{ figure.picture }}
{%- if figure.legend %}
<ul class="legend">{% for colour, name in figure.legend %}<li class="c{{ colour }}">{{ name }}</li>{% endfor %}</ul>
{%- endif %}
<figcaption>{{ figure.caption }}</figcaption></figure>
{%- endfor %}
</div>
{%- endmacro -%}

{%- macro clips(block) %}
<ul class="clips">
{%- for card in block.cards %}
<li>
{%- if card.clip %}{{ card.clip.waveform }}
{%- if card.clip.spectrogram %}
<img alt="Spectrogram of {{ card.key }}" width="300" height="72" src="{{ card.clip.spectrogram }}">
{%- endif %}
<audio controls preload="none" aria-label="{{ card.key }}" src="{{ card.clip.sound }}"></audio>
{%- endif %}
<p class="key">{{ card.key }}</p>
<p class="note">{{ card.facts | join(" · ") }}</p>
{%- if card.text %}
<p>{{ card.text }}</p>
{%- endif %}</li>
{%- endfor %}
</ul>
{%- endmacro -%}

{%- macro matrix(block) %}
<p class="note">{{ block.caption }}</p>
<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0"><table class="matrix">
<thead><tr><td>truth ↓ answer →</td>
{%- for name in block.names %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{%- for name in block.names %}{% set row = loop.index0 %}
<tr><th scope="row">{{ name }}</th>
{%- for count in block.counts[row] -%}
<td class="cell s{{ block.shade(row, loop.index0) }}{% if loop.index0 == row %} diagonal{% endif %}">{{ count }}</td>
{%- endfor %}</tr>
{%- endfor %}
</tbody></table></div>
{%- endmacro -%}

<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="wavemill-report" content="{{ page.about }}">
<title>{{ page.title }}: {{ page.kind }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<p class="kind">{{ page.kind }}</p>
<h1>{{ page.title }}</h1>
{%- if page.description %}
<p>{{ page.description }}</p>
{%- endif %}
<p class="verdict {{ "good" if page.good else "bad" }}">{{ page.verdict }}</p>
<ul class="facts">{% for fact in page.facts %}<li>{{ fact }}</li>{% endfor %}</ul>
<nav aria-label="Sections"><ul>
{%- for section in page.sections %}<li><a href="#{{ section.anchor }}">{{ section.title }}</a></li>{% endfor -%}
</ul></nav>
</header>
<main>
{%- set show = {"text": text, "sum": sum, "table": table, "charts": charts, "clips": clips, "matrix": matrix} %}
{%- for section in page.sections %}
<section id="{{ section.anchor }}" aria-labelledby="{{ section.anchor }}-title">
<h2 id="{{ section.anchor }}-title">{{ section.title }}</h2>
{%- for block in section.blocks %}
{{ show[block.kind](block) }}
{%- endfor %}
</section>
{%- endfor %}
</main>
<footer>{{ page.footer | join(" · ") }}</footer>
</body>
</html>
"""


def render(page: Page) -> str:
    """The HTML of a report."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string(BASE)
    return template.render(page=page, policy=policy(), style=Markup(CSS))


def policy() -> str:
    """What a browser may load for a report: pictures and sound that stand in it, and its own style sheet."""
    digest = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; media-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
