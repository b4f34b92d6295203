# Part of Apus.
# SPDX-License-Identifier: Apache-2.0
#
# page_check.py PAGE: writes what is wrong with an HTML page that must load and run nothing, a line
# each, then a line of dashes, then its text. Needs Python's own library only.
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}
LOADING = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag in LOADING:
            self.problems.append(f"<{tag}>")
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append(f"<{tag}> with one attribute twice")
        for name, value in attributes:
            if name.startswith("on") or name in ("src", "href", "xlink:href", "action", "srcdoc"):
                self.problems.append(f"<{tag} {name}>")
            if not re.fullmatch(r"[a-zA-Z-]+", name):
                self.problems.append(f"<{tag}> with an attribute {name!r}")
            if value and re.search(r"url\(|javascript:|expression\(", value):
                self.problems.append(f"<{tag} {name}={value[:40]!r}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            if re.search(r"url\(|@import|expression\(", data):
                self.problems.append("a style that loads something")
        else:
            self.text.append(data)


page = open(sys.argv[1], encoding="utf-8").read()
checker = Checker()
checker.feed(page)
checker.close()
if checker.open:
    checker.problems.append(f"left open: {checker.open}")
if re.search(r"\b(NaN|nan|inf|infinity)\b", re.sub(r"<style>.*?</style>", "", page, flags=re.S)):
    checker.problems.append("a number that is none")
if re.search(r"https?:|//[a-z]", page):
    checker.problems.append("an address")
print("\n".join(checker.problems))
print("-----")
print("".join(checker.text))
