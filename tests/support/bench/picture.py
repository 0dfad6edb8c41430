# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of `tests/bench bytes` as an SVG picture: bars from left to right, on a logarithmic scale of per cent.

The picture paints its own background and follows the reader's light or dark setting.
"""
import math
import xml.sax.saxutils

from bench import table

WIDTH = 900
LEFT = 186   # room for names
RIGHT = 84   # room for the figure at the end of a bar
TOP = 84     # room for title and legend
THIN = ("deltarpm", "bsdiff", "whittle")  # what is drawn for each package; the other tools have a bar in the totals only
BAR = {"one": 15, "thin": 8}

STYLE = """\
text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;font-size:12px;fill:#1f2328}
.title{font-size:17px;font-weight:600}.head{font-weight:600}.small{font-size:10.5px}.muted{fill:#59636e}.end{text-anchor:end}.middle{text-anchor:middle}
.paper{fill:#fff}.grid{stroke:#d1d9e0}.full{fill:#c3cad2}.other{fill:#c3cad2}.deltarpm{fill:#818b98}.bsdiff{fill:#4c8fd6}.whittle{fill:#d9650d}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.muted{fill:#9da7b1}.paper{fill:#0d1117}.grid{stroke:#343b44}
.full{fill:#3f4751}.other{fill:#3f4751}.deltarpm{fill:#7d8590}.bsdiff{fill:#58a0ee}.whittle{fill:#f0883e}}
"""


def per_cent(value):
    """A share with two digits that count."""
    if value >= 9.95:
        return "%.0f %%" % value
    return "%.*f %%" % (max(1 - math.floor(math.log10(value)), 0), value)


class Scale:
    """Per cent -> place on the line, from a power of ten below the smallest to the largest."""

    def __init__(self, values):
        self.low = math.floor(math.log10(min(value for value in values if value > 0)) - 0.02)
        self.high = math.log10(max(100, *values))

    def __call__(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self):
        """The powers of ten."""
        return [10.0 ** power for power in range(self.low, math.floor(self.high) + 1)]


def text(x, y, words, classes):
    """A piece of text."""
    return '<text x="%.1f" y="%.1f" class="%s">%s</text>' % (x, y, classes, xml.sax.saxutils.escape(words))


def bar(scale, y, height, value, column):
    """A bar with its figure; nothing at all has no place on this scale."""
    if value == 0:
        return [text(LEFT + 4, y + height / 2 + 4, "0 %", "small")]
    known = column if column in ("full", *THIN) else "other"
    end = scale(value)
    return ['<rect x="%d" y="%.1f" width="%.1f" height="%d" class="%s"/>' % (LEFT, y, end - LEFT, height, known),
            text(end + 4, y + height / 2 + 4, per_cent(value), "small" if column == "whittle" or height > BAR["thin"] else "small muted")]


def legend(columns):
    """What the colours are."""
    parts = []
    x = LEFT
    for column in columns:
        parts += ['<rect x="%d" y="56" width="11" height="11" class="%s"/>' % (x, column), text(x + 16, 66, table.TITLES[column], "")]
        x += 110
    return parts


def totals(scale, result, y):
    """One bar a tool, over all packages, largest first."""
    full = result["total"]["full"]
    parts = [text(LEFT, y + 4, "all %d packages together" % len(result["packages"]), "head")]
    y += 14
    for column in sorted(result["columns"], key=lambda column: -result["total"][column]):
        size = result["total"]["whittle_and_index" if column == "whittle" else column]
        parts.append(text(LEFT - 8, y + 12, table.TITLES[column], "end"))
        parts += bar(scale, y, BAR["one"], 100 * size / full, column)
        y += BAR["one"] + 5
    return parts, y


def packages(scale, result, columns, y):
    """A few thin bars for each package, the package that saves least first."""
    parts = [text(LEFT, y + 4, "package by package", "head")]
    y += 16
    for row in sorted(result["packages"], key=lambda row: -row["whittle"] / row["full"]):
        height = len(columns) * (BAR["thin"] + 3)
        parts.append(text(LEFT - 8, y + height / 2 + 3, row["name"], "end"))
        for number, column in enumerate(columns):
            parts += bar(scale, y + number * (BAR["thin"] + 3), BAR["thin"], 100 * row[column] / row["full"], column)
        y += height + 8
    return parts, y


def grid(scale, top, bottom):
    """The lines of the scale, with their figures above and below."""
    parts = []
    for tick in scale.ticks():
        x = scale(tick)
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" class="grid"/>' % (x, top, x, bottom))
        parts += [text(x, bottom + 15, "%g %%" % tick, "small muted middle")]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 34, "per cent of the full package's bytes, logarithmic", "small muted middle"))
    return parts


def draw(result):
    """The whole picture."""
    result = dict(result, columns=[column for column in result["columns"] if column != "outside"])
    columns = [column for column in THIN if column in result["columns"]]
    shares = [100 * row[column] / row["full"] for row in result["packages"] for column in columns]
    shares += [100 * result["total"][column] / result["total"]["full"] for column in result["columns"]]
    scale = Scale(shares)
    above, y = totals(scale, result, TOP)
    below, y = packages(scale, result, columns, y + 22)
    title = "Bytes to download for an upgrade"
    head = [text(16, 28, title, "title"),
            text(16, 46, "%s bytes of packages; whittle's total holds its index" % table.grouped(result["total"]["full"]), "muted")]
    body = head + legend(columns) + grid(scale, TOP + 12, y) + above + below
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (WIDTH, y + 46, WIDTH, y + 46),
                      "<title>%s</title>" % title, "<style>%s</style>" % STYLE, '<rect width="100%" height="100%" class="paper"/>',
                      *body, "</svg>"]) + "\n"
