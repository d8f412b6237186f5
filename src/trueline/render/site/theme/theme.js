// Light or dark as the reader chose, code to copy, and where one is. Loaded before the page is drawn, so that nothing
// flashes; what it adds to the page takes no room, so that nothing moves. The words come from the page.
"use strict";
(() => {
  const KEY = "trueline-theme", SCHEMES = ["auto", "light", "dark"], MENU = "#tl-menu", MAIN = "tl-main";
  const top = document.documentElement;
  const words = JSON.parse(top.dataset.words);
  const put = (sentence, name, value) => sentence.split(`{${name}}`).join(value);
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
      const name = put(words.colours, "scheme", words[now()]);
      button.setAttribute("aria-label", name);
      button.title = name;
    };
    button.addEventListener("click", () => {
      const next = SCHEMES[(SCHEMES.indexOf(now()) + 1) % SCHEMES.length];
      wear(next);
      remember(next);
      say();
    });
    say();
  }

  // The clipboard, or where the page came by plain HTTP the way that browsers had before it.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea"), before = document.activeElement;
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    if (before) before.focus({ preventScroll: true });
    if (!isDone) throw new Error("not copied");
  }

  function offerCopies() {
    for (const frame of document.querySelectorAll("article .code")) {
      const button = document.createElement("button"), word = document.createElement("span");
      const say = (text, kind) => { word.textContent = text; word.className = kind; };
      button.type = "button";
      button.className = "copy";
      button.title = words.copy;
      button.setAttribute("aria-live", "polite");
      button.addEventListener("click", async () => {
        try {
          await copy(frame.querySelector("pre").textContent.replace(/\n$/, ""));
          say(words.copied, "");
        } catch {
          say(words.failed, "");
        }
        setTimeout(say, 1500, words.copy, "unseen");
      });
      say(words.copy, "unseen");
      button.append(word);
      frame.append(button);
    }
  }

  function offerAnchors() {
    for (const heading of document.querySelectorAll("article :is(h2, h3, h4)[id]")) {
      if (heading.querySelector("a[href^='#']")) continue;
      const anchor = document.createElement("a");
      anchor.className = "anchor";
      anchor.href = `#${encodeURIComponent(heading.id)}`;
      anchor.setAttribute("aria-label", put(words.link, "title", heading.textContent));
      anchor.textContent = "#";
      heading.append(anchor);
    }
  }

  // What scrolls sideways can be reached by keyboard.
  function offerScrolling() {
    for (const block of document.querySelectorAll("article pre, article .table")) {
      if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
      else block.removeAttribute("tabindex");
    }
  }

  // The heading that is read now, in the table of contents: the last one above the upper third of the window.
  function followReading() {
    const links = new Map();
    for (const link of document.querySelectorAll(".beside .contents a")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading) links.set(heading, link);
    }
    if (!links.size) return;
    let current = null, isAsked = false;
    const look = () => {
      isAsked = false;
      let found = null;
      for (const heading of links.keys()) if (heading.getBoundingClientRect().top < innerHeight / 3) found = heading;
      if (innerHeight + scrollY >= top.scrollHeight - 2 && scrollY > 0) found = [...links.keys()].pop();
      if (found === current) return;
      if (current) links.get(current).removeAttribute("aria-current");
      current = found;
      if (current) reveal(links.get(current), document.querySelector(".beside"), "location");
    };
    const ask = () => { if (!isAsked) { isAsked = true; requestAnimationFrame(look); } };
    addEventListener("scroll", ask, { passive: true });
    addEventListener("resize", ask, { passive: true });
    look();
  }

  // Marks a link, and scrolls the column that it stands in until it is seen; never the page.
  function reveal(link, column, kind) {
    link.setAttribute("aria-current", kind);
    const inner = link.getBoundingClientRect(), outer = column.getBoundingClientRect();
    if (inner.bottom > outer.bottom || inner.top < outer.top) {
      column.scrollTop += inner.top - outer.top - column.clientHeight / 2;
    }
  }

  // On a narrow screen the menu lies over the page: the page behind it is out of reach, and Escape closes it.
  function guardMenu() {
    const menu = document.querySelector(".menu"), link = menu && menu.querySelector("[aria-current=page]");
    if (!menu) return;
    const behind = document.querySelectorAll("#tl-main, .top, .bottom"), opener = document.querySelector(".opener");
    let isEscaped = false;
    const look = () => {
      const isOver = location.hash === MENU && getComputedStyle(menu).position === "fixed";
      for (const one of behind) one.inert = isOver;
      if (isOver) (link || menu.querySelector("a")).focus({ preventScroll: true });
      else if (isEscaped) opener.focus({ preventScroll: true });
      isEscaped = false;
    };
    if (link) reveal(link, menu, "page");
    addEventListener("hashchange", look);
    addEventListener("resize", look, { passive: true });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || location.hash !== MENU) return;
      isEscaped = true;
      location.hash = MAIN;
    });
    look();
  }

  // The contents above the text are over once one of them was chosen.
  function closeContents() {
    const above = document.querySelector(".above details");
    if (above) above.addEventListener("click", (event) => { if (event.target.closest("a")) above.open = false; });
  }

  top.dataset.script = "";
  wear(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    for (const offer of [offerSchemes, offerCopies, offerAnchors, offerScrolling, followReading, guardMenu, closeContents]) offer();
    addEventListener("resize", offerScrolling, { passive: true });
  });
})();
