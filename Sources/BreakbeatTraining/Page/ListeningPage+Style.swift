extension ListeningPage {
  static let style = """
    :root { color-scheme: dark; --ground: #14110f; --card: #221d19; --text: #efe7dd;
      --soft: #a99c8e; --accent: #ff9b45; }
    body { background: var(--ground); color: var(--text); margin: 0 auto; max-width: 1180px;
      padding: 1.5rem; font: 16px/1.45 system-ui, sans-serif; }
    h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
    p, figcaption, th { color: var(--soft); margin: .2rem 0; }
    .loops { display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); }
    figure { background: var(--card); border-radius: 8px; margin: 0; padding: .6rem; }
    figure.playing { outline: 2px solid var(--accent); }
    .picture { position: relative; cursor: pointer; line-height: 0; }
    .picture img { width: 100%; height: 120px; border-radius: 4px; image-rendering: pixelated; }
    .picture i { position: absolute; top: 0; bottom: 0; left: 0; width: 2px; background: var(--accent);
      opacity: 0; }
    figcaption { font-size: .85rem; overflow-wrap: anywhere; }
    audio { width: 100%; height: 34px; }
    .earlier { color: var(--soft); font-size: .85rem; } .earlier img { width: 100%; display: block; }
    .grid { max-width: 100%; border-radius: 6px; }
    .charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); }
    svg { background: var(--card); border-radius: 8px; width: 100%; }
    svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
    table { border-spacing: 0; } th, td { padding: .15rem 1rem .15rem 0; text-align: left;
      font-weight: normal; vertical-align: top; }
    """

  /// One loop plays at a time, its picture shows where; a click on a picture starts or stops it.
  static let script = """
    const figures = [...document.querySelectorAll('figure')];
    for (const figure of figures) {
      const audio = figure.querySelector('audio'), head = figure.querySelector('i');
      figure.querySelector('.picture')?.addEventListener('click',
        () => audio.paused ? audio.play() : audio.pause());
      audio.addEventListener('play', () => {
        for (const other of figures) if (other !== figure) other.querySelector('audio').pause();
        figure.classList.add('playing');
        const follow = () => {
          if (audio.paused) { figure.classList.remove('playing'); if (head) head.style.opacity = 0; return; }
          if (head) { head.style.opacity = 1; head.style.left = 100 * audio.currentTime / audio.duration + '%'; }
          requestAnimationFrame(follow);
        };
        follow();
      });
    }
    """
}
