// Light or dark as the reader chose, and a copy button for code. Loaded before the page is drawn, so that nothing flashes.
"use strict";
(() => {
  const KEY = "trueline-theme", SCHEMES = ["auto", "light", "dark"];
  const top = document.documentElement;
  const remembered = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const remember = (scheme) => { try { localStorage.setItem(KEY, scheme); } catch { /* only for this page, then */ } };
  const now = () => top.dataset.theme || "auto";

  function wear(scheme) {
    if (scheme === "light" || scheme === "dark") top.dataset.theme = scheme;
    else delete top.dataset.theme;
  }

  function offerSchemes() {
    const button = document.querySelector("[data-scheme]");
    if (!button) return;
    const say = () => {
      const words = `Colours: ${now() === "auto" ? "as the system" : now()}`;
      button.setAttribute("aria-label", words);
      button.title = words;
    };
    button.addEventListener("click", () => {
      const next = SCHEMES[(SCHEMES.indexOf(now()) + 1) % SCHEMES.length];
      wear(next);
      remember(next);
      say();
    });
    say();
    button.hidden = false;
  }

  function offerCopies() {
    if (!navigator.clipboard) return;
    for (const block of document.querySelectorAll("article pre")) {
      const code = block.querySelector("code") || block;
      const frame = document.createElement("div"), button = document.createElement("button");
      frame.className = "copyable";
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(code.textContent.replace(/\n$/, ""));
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not copied";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
      block.replaceWith(frame);
      frame.append(block, button);
    }
  }

  function offerAnchors() {
    for (const heading of document.querySelectorAll("article :is(h2, h3, h4)[id]")) {
      if (heading.querySelector("a[href^='#']")) continue;
      const anchor = document.createElement("a");
      anchor.className = "anchor";
      anchor.href = `#${encodeURIComponent(heading.id)}`;
      anchor.setAttribute("aria-label", `Link to “${heading.textContent}”`);
      anchor.textContent = "#";
      heading.append(anchor);
    }
  }

  // What scrolls sideways can be reached by keyboard.
  function offerScrolling() {
    for (const block of document.querySelectorAll("article pre, article table")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    }
  }

  // The heading that is read now, in the table of contents.
  function followReading() {
    const links = new Map();
    for (const link of document.querySelectorAll(".contents a")) links.set(decodeURIComponent(link.hash.slice(1)), link);
    if (!links.size || !("IntersectionObserver" in window)) return;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id).setAttribute("aria-current", "location");
      }
    }, { rootMargin: "-80px 0px -70% 0px" });
    for (const id of links.keys()) {
      const heading = document.getElementById(id);
      if (heading) seen.observe(heading);
    }
  }

  // The menu shows the page that is open.
  function showCurrent() {
    const menu = document.querySelector(".menu"), link = menu && menu.querySelector("[aria-current=page]");
    if (link && link.offsetTop > menu.clientHeight - 80) menu.scrollTop = link.offsetTop - menu.clientHeight / 2;
  }

  wear(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    for (const offer of [offerSchemes, offerCopies, offerAnchors, offerScrolling, followReading, showCurrent]) offer();
  });
})();
