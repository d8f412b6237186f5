// Both frames show the same part of the page.
(() => {
  "use strict";
  const frames = [...document.querySelectorAll("iframe")];
  let leading = null;
  const follow = (frame) => {
    const page = frame.contentDocument && frame.contentDocument.scrollingElement;
    if (!page) return;
    frame.contentWindow.addEventListener("scroll", () => {
      if (leading && leading !== frame) return;
      leading = frame;
      const part = page.scrollTop / Math.max(1, page.scrollHeight - page.clientHeight);
      for (const other of frames) {
        const its = other !== frame && other.contentDocument && other.contentDocument.scrollingElement;
        if (its) its.scrollTop = part * (its.scrollHeight - its.clientHeight);
      }
      clearTimeout(follow.timer);
      follow.timer = setTimeout(() => { leading = null; }, 120);
    }, { passive: true });
  };
  for (const frame of frames) {
    frame.addEventListener("load", () => follow(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") follow(frame);
  }
})();
