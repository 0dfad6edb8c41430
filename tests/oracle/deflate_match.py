# SPDX-License-Identifier: GPL-2.0-or-later
"""Which symbol an encoder of deflate streams would write (specs/format/deflate.md, Matches)."""
from rpmfile import Refused

MATCH_MAX, REACH, FAR = 258, 32506, 4096

LEVELS = {1: (None, 4, 8, 4), 2: (None, 5, 16, 8), 3: (None, 6, 32, 32), 4: (4, 4, 16, 16),
          5: (8, 16, 32, 32), 6: (8, 16, 128, 128), 7: (8, 32, 128, 256),
          8: (32, 128, 258, 1024), 9: (32, 258, 258, 4096)}
ROWS = {0: ("literals", None), 10: ("runs", None)}
for first, levels, bits, shortest, buffered in (
        (1, range(1, 10), 15, 3, False), (11, range(1, 10), 16, 3, False), (20, range(1, 10), 15, 3, True),
        (29, range(4, 10), 15, 6, False), (35, range(4, 10), 16, 6, False)):
    for place, level in enumerate(levels):
        ROWS[first + place] = ("greedy" if level < 4 else "lazy", LEVELS[level] + (bits, shortest, buffered))


class Matcher:
    def __init__(self, row, data):
        if row not in ROWS:
            raise Refused("unsupported", "no such row of matches")
        self.style, settings = ROWS[row]
        self.data, self.at = data, 0
        self.ahead, self.predicted, self.found_ahead = None, None, None
        self.heads, self.links, self.chained = {}, {}, 0
        self.steps, self.begin, self.slid = (1 << 26) + 512 * len(data), 0, False
        self.buffered = False
        if settings:
            self.good, self.lazy, self.nice, self.chain, self.bits, self.shortest, self.buffered = settings
        while len(data) > self.begin + 65536:
            self.begin += 32768

    def byte(self, place):
        n = len(self.data)
        if place < n:
            return self.data[place]
        if place - n < 2 or place < 65536:
            return 0
        return self.data[place - 32768]

    def come_to(self, place):
        """The encoder of a buffered row may move its buffer."""
        if not self.slid and len(self.data) - place < 262:
            self.slid = True
            if place >= self.begin + 65274:
                self.begin += 32768

    def chain_up_to(self, place):
        shift = (self.bits + 2) // 3
        while self.chained <= place:
            p = self.chained
            self.chained += 1
            if p + 3 > len(self.data):
                continue
            a, b, c = self.data[p:p + 3]
            key = (a << 2 * shift ^ b << shift ^ c) & (1 << self.bits) - 1
            q = self.heads.get(key)
            self.links[p] = q if q and p - q <= REACH else None
            self.heads[key] = p

    def equal(self, place, other, most):
        count = 0
        while count < most and self.byte(place + count) == self.byte(other + count):
            count += 1
        return count

    def search(self, place, more_than, chain):
        """(length, distance) of more bytes than that, or None."""
        left = len(self.data) - place
        self.chain_up_to(place)
        if left < 3 or left <= more_than or self.steps <= 0:
            return None
        if self.buffered and self.slid and place > self.begin + 65274:
            return None
        at_edge = self.buffered and left < MATCH_MAX
        most = MATCH_MAX if at_edge else min(MATCH_MAX, left)
        enough = min(self.nice, MATCH_MAX if at_edge else left)
        best, found, other = more_than, None, self.links.get(place)
        for number in range(chain):
            if other is None or (number > 0 and place - other >= REACH):
                break
            self.steps -= 1
            if self.byte(other + best) == self.byte(place + best) and \
                    self.byte(other + best - 1) == self.byte(place + best - 1):
                count = self.equal(place, other, most)
                self.steps -= count // 8
                if count > best:
                    best, found = count, (count, place - other)
                    if count >= enough:
                        break
            if self.steps <= 0:
                break
            other = self.links.get(other)
        if found:
            found = min(found[0], left), found[1]
        return found if found and found[0] > more_than else None

    def search_lazily(self, place, more_than):
        chain = self.chain // 4 if more_than >= self.good else self.chain
        found = self.search(place, more_than, chain)
        if found and (found[0] < self.shortest or (found[0] == 3 and found[1] > FAR)):
            return None
        return found

    def literal(self):
        return 1, self.data[self.at]

    def predict(self):
        if self.predicted is None:
            self.come_to(self.at)
            self.predicted = getattr(self, "predict_" + self.style)()
        return self.predicted

    def predict_literals(self):
        return self.literal()

    def predict_runs(self):
        count, left = 0, min(MATCH_MAX, len(self.data) - self.at)
        while self.at and count < left and self.data[self.at + count] == self.data[self.at - 1]:
            count += 1
        return (count, 1) if count >= 3 else self.literal()

    def predict_greedy(self):
        return self.search(self.at, 2, self.chain) or self.literal()

    def predict_lazy(self):
        here = self.ahead or self.search_lazily(self.at, 2)
        self.found_ahead = None
        if not here:
            return self.literal()
        self.come_to(self.at + 1)
        if here[0] >= self.lazy:
            return here
        self.found_ahead = self.search_lazily(self.at + 1, here[0])
        return self.literal() if self.found_ahead else here

    def take(self, token):
        self.predict()
        self.ahead = self.found_ahead if token[0] == 1 else None
        self.found_ahead = self.predicted = None
        if self.style == "greedy" and token[0] > self.lazy:
            self.chain_up_to(self.at)
            self.chained = self.at + token[0]
        self.at += token[0]
