"""The review page in a browser: ten pairs by keyboard into a file that can be imported, and data that tries to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill.jobs.review.decision_files import read_files
from taskmill.jobs.review.decisions import text_hash
from taskmill.jobs.review.page import island, rendered_page, source_hash
from tests.browser import NO_BROWSER, Page, chromium, open_browser
from tests.conftest import Row

needs_browser = pytest.mark.skipif(chromium() is None, reason=NO_BROWSER)
EVIL = """</script><script>window.ran = 1; alert(1)</script><img src=x onerror="window.ran = 2; alert('2')">
<svg onload=alert(3)></svg><!-- <script> -->]]> '"`${window.ran = 4}` {{ window.ran = 5 }} javascript:alert(6) \u2028"""
LONG = ("One more sentence of a long text. " * 31_000)[:1_000_000] + " THE END"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    """The tab, with nothing noted yet."""
    for noted in (browser.dialogs, browser.errors, browser.requests):
        noted.clear()
    for path in browser.downloads.iterdir():
        path.unlink()
    browser.resize(1280)
    return browser


def item(number: int, prompt: str = "", response: str = "", **more: object) -> Row:
    prompt, response = prompt or f"Is the number {number} even?", response or "yes"
    named = {
        "scope": "pair", "pair_id": f"{number:032x}", "task": "numbers.parity", "task_type": "parity",
        "example_id": f"{number:032x}", "template": "is_it_even", "template_id": "a" * 32, "split": "train",
        "prompt_language": "en", "response_language": "en", "flags": [], "warnings": [], "choices": None,
        "drawn": "random", "reviewers": [1], "text_hash": text_hash(prompt, response),
    }  # fmt: skip
    return {**named, "prompt": prompt, "response": response, **more}


def written(folder: Path, items: list[Row]) -> Path:
    path = folder / "review.html"
    path.write_text(rendered_page(items), encoding="utf-8")
    return path


def test_island_has_nothing_that_ends_a_script_and_loses_nothing() -> None:
    data = {"text": EVIL, "more": "\u2029 & <![CDATA["}
    assert not set("<>&\u2028\u2029") & set(island(data))
    assert json.loads(island(data)) == data


def test_the_policy_allows_no_script_but_the_pages_own(tmp_path: Path) -> None:
    page = rendered_page([item(1, EVIL)])
    assert page.count("<script") == 2
    script = page.rsplit("<script>", 1)[1].split("</script>")[0]
    policy = page.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.startswith("default-src &#39;none&#39;") or policy.startswith("default-src 'none'")
    assert source_hash(script).replace("+", "&#43;") in policy or source_hash(script) in policy
    assert "unsafe" not in policy


@needs_browser
def test_ten_pairs_by_keyboard_end_in_a_file_that_can_be_imported(page: Page, tmp_path: Path) -> None:
    path = written(tmp_path, [item(number) for number in range(10)])
    page.open(path)
    page.evaluate("document.getElementById('reviewer').focus()")
    page.write("Ana María")
    page.press("Enter")
    for key in "aarruk":  # the second reject is taken back; then one place back, and on again
        page.press(key)
    assert page.text("#place") == "3 / 10"
    page.press("j")
    page.press("f")
    assert page.evaluate("document.activeElement.id") == "fixed_response"
    page.evaluate("document.activeElement.select()")
    page.write("no, it is <odd>")
    page.press("Enter", ctrl=True)
    page.press("c")
    page.write("Which base?")
    page.press("Enter", ctrl=True)
    assert page.text("#verdict") == "comment only"
    page.press("a")
    page.open(path)  # reloaded: nothing is lost
    assert page.text("#count") == "5 of 10 decided"
    assert page.text("#place") == "6 / 10"
    for _ in range(5):
        page.press("a")
    assert page.text("#said") == "All decided: save with s."
    page.press("s")
    file = page.downloaded()
    read = read_files([file])
    assert (read.mistakes, read.undecided) == ([], 0)
    decided = [line.said for line in read.lines]
    assert [one["decision"] for one in decided] == ["accept", "accept", "reject", "fix", *["accept"] * 6]
    assert decided[3]["fixed_response"] == "no, it is <odd>"
    assert decided[3]["fixed_prompt"] is None
    assert decided[4]["comment"] == "Which base?"
    assert {one["reviewer"] for one in decided} == {"Ana María"}
    assert [one["example_id"] for one in decided] == [f"{number:032x}" for number in range(10)]
    assert (page.errors, page.requests, page.dialogs) == ([], [], [])


@needs_browser
def test_nothing_in_data_runs_and_long_texts_stay_usable(page: Page, tmp_path: Path) -> None:
    evil = dict.fromkeys(("task", "template", "prompt_language"), EVIL)
    items = [
        item(101, EVIL, EVIL, **evil, flags=[EVIL], warnings=[EVIL]),
        item(102, LONG, LONG),
        item(103, "ما هي عاصمة فرنسا؟", "باريس"),
    ]
    page.open(written(tmp_path, items))
    assert page.text("#prompt") == EVIL
    page.press("f")
    page.press("Escape")
    page.press("c")
    page.write(EVIL.replace("\n", " "))
    page.press("Enter", ctrl=True)
    page.press("a")
    assert len(page.text("#prompt")) < 10_000
    page.click("#prompt .fold")
    assert page.text("#prompt").endswith(" THE END")
    page.press("f")
    page.evaluate("document.activeElement.select()")
    page.write("short")
    page.press("Enter", ctrl=True)
    assert page.evaluate("getComputedStyle(document.getElementById('prompt')).direction") == "rtl"
    page.press("k")
    assert (page.text("#verdict"), page.text("#response")) == ("fixed", "short")
    page.press("k")
    assert page.text("#comment") == EVIL.replace("\n", " ").strip()
    assert page.evaluate("typeof window.ran") == "undefined"
    assert page.evaluate("document.querySelectorAll('main img, main svg, main script').length") == 0
    assert (page.errors, page.requests, page.dialogs) == ([], [], [])


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_its_window(page: Page, tmp_path: Path, width: int) -> None:
    items = [item(200 + width, "x" * 3_000, "word " * 2_000, task="a" * 150, flags=["personal_email"] * 8)]
    page.open(written(tmp_path, items))
    page.resize(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in ("#accept", "#save", "#reviewer"):
        box = page.evaluate(
            f"(({{left, right, top, bottom}}) => [left, right, top, bottom])"
            f"(document.querySelector('{selector}').getBoundingClientRect())"
        )
        assert 0 <= box[0] < box[1] <= width, selector
        assert 0 <= box[2] < box[3] <= 900, selector
