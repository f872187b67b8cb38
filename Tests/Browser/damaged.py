"""Links without a state, on the page of `vamen explore`."""

from meanwhile import HOLD


def damaged(page, address, check):
    """One that opens the page, one that replaces its address while a loop is drawn, and a move."""
    def drawn(seed):
        try:
            page.wait(f"current.query === 'seed={seed}' && !isAsking && !isStale", 60)
        except TimeoutError:
            pass
        return page.evaluate("[current.query, $('status').textContent, location.hash]")

    damage = "This link is damaged; copy it again."
    page.open("about:blank")
    page.open(address + "#%7Bnonsense")
    page.wait("document.body?.dataset.ready === 'true'", 60)
    seen = drawn(1)
    check("a damaged link starts afresh, is named and stays",
          seen == ["seed=1", damage, "#%7Bnonsense"], seen)

    page.evaluate(HOLD + "; setSeed(3); location.hash = '#%7Bbroken'")
    try:
        page.wait("$('status').textContent !== '' && location.hash === '#%7Bbroken'", 10)
    except TimeoutError:
        pass
    page.evaluate("letGo()")
    seen = drawn(3)
    check("so does one that comes while a loop is drawn", seen == ["seed=3", damage, "#%7Bbroken"],
          seen)

    page.evaluate("setSeed(4)")
    seen = drawn(4)
    check("until a move", seen == ["seed=4", "", page.evaluate("'#' + link()")], seen)
