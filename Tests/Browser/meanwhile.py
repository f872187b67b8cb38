"""What is done on the page of `vamen explore` while a loop is on its way."""

# Holds the answers with loops back until `letGo()`. A seed beyond the last one is answered here,
# since the browser's console names every refusal by a server.
HOLD = """(() => {
  const own = window.fetch;
  let open;
  const gate = new Promise((done) => { open = done; });
  window.fetch = async (path, options) => {
    if (path.startsWith('/api/loop')) await gate;
    return path.includes('seed=99999999999999999999')
      ? new Response('No such seed.', { status: 400 }) : own(path, options);
  };
  window.letGo = () => {
    window.fetch = own;
    open();
  };
})()"""


def gathered(page, check):
    """Moves that come while another one is drawn."""
    def arrive(seed, seconds=60):
        try:
            page.wait(f"current.query === 'seed={seed}' && !isAsking && !isStale", seconds)
        except TimeoutError:
            pass
        return page.evaluate("[current.query, state.point.seed, $('status').textContent]")

    page.evaluate(HOLD + "; setSeed('99999999999999999999'); setSeed(55); letGo()")
    seen = arrive(55, 20)
    check("a move behind a request that fails is drawn", seen == ["seed=55", "55", ""], seen)

    for field, put in [("seedNumber", "'12'"), ("tempo", "model.highestBPM")]:
        page.evaluate(HOLD + f"; setSeed(56); $('{field}').focus(); $('{field}').value = {put}")
        put = page.evaluate(f"$('{field}').value")
        page.evaluate("letGo()")
        arrive(56)
        seen = page.evaluate(f"$('{field}').value")
        page.evaluate("setSeed(57)")
        moved = page.evaluate(f"$('{field}').value")
        check(f"a loop that arrives leaves {field} in use alone, a move does not",
              seen == put != moved, (seen, put, moved))
        page.evaluate("document.activeElement.blur()")
        arrive(57)

    for seed in (1, 2, 3, 4):
        page.evaluate(f"setSeed({seed})")
        arrive(seed)
    page.evaluate("document.activeElement.blur()")
    page.evaluate(HOLD)
    page.key("[", "BracketLeft", 219, "[")
    page.evaluate("setSeed(77); letGo()")
    arrive(77)
    history = ("[history.slice(-4).map(({ point }) => point.seed), history[place].point.seed,"
               " stateOf(location.hash).point.seed]")
    seen = page.evaluate(history)
    wanted = [["1", "2", "3", "77"], "77", "77"]
    check("a move while Back is drawn is in history and link", seen == wanted, seen)
    page.click("#back")
    arrive(3)
    back = page.evaluate(history)
    page.click("#forward")
    arrive(77)
    forward = page.evaluate(history)
    check("and Back and Forward lead from it and to it",
          (back, forward) == ([wanted[0], "3", "3"], wanted), (back, forward))


def early(page, link, check):
    """Play while the first loop is still on its way."""
    page.open("about:blank")
    script = page.call("Page.addScriptToEvaluateOnNewDocument", source=HOLD)["identifier"]
    page.open(link)
    page.wait("Boolean(document.getElementById('play')?.onclick)", 60)
    seen = []
    for _ in range(3):
        page.click("#play")
        page.wait("player.context.state === 'running'", 10)
        seen.append(page.evaluate("[$('play').textContent, player.isPlaying, current]"))
    check("Play before the first loop can be taken back",
          seen == [[text, False, None] for text in ("Starting…", "Play", "Starting…")], seen)
    page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    page.evaluate("letGo()")
    try:
        page.wait("player.isPlaying && player.peak > 0.001", 20)
    except TimeoutError:
        pass
    seen = page.evaluate("[$('play').textContent, player.isPlaying]")
    check("and plays it when it arrives", seen == ["Stop", True], seen)
    page.wait("document.body.dataset.ready === 'true'", 60)
