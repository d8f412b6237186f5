// Keeps a page true while it is looked at. It asks this server alone, and a page reads without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);

  // ---- the theme, before anything is painted
  const THEMES = ["auto", "light", "dark"];
  let theme = "auto";
  try { theme = localStorage.getItem("trueline-theme") || theme; } catch { /* a browser that keeps nothing */ }
  const wear = () => { theme === "auto" ? delete root.dataset.theme : (root.dataset.theme = theme); };
  if (!THEMES.includes(theme)) theme = "auto";
  wear();

  // ---- how long ago; the words of `age.py`
  let offset = 0;
  const ago = (at) => {
    const s = Math.trunc((Date.now() + offset - at) / 1000);
    if (s < 5) return "just now";
    if (s < 60) return `${s} s ago`;
    if (s < 3600) return `${Math.trunc(s / 60)} min ago`;
    if (s < 86400) return `${Math.trunc(s / 3600)} h ago`;
    if (s < 30 * 86400) return `${Math.trunc(s / 86400)} d ago`;
    return `on ${new Date(at).toISOString().slice(0, 10)}`;
  };
  const age = () => {
    for (const one of document.querySelectorAll("time[datetime]")) {
      const said = ago(Date.parse(one.dateTime));
      if (one.textContent !== said) one.textContent = said;
    }
  };

  // ---- the old page becomes the new one: what is the same stays, with focus, open details and typed text;
  // a link never becomes another one, for somebody may be about to follow it
  const NAMES = { OPTION: (one) => `=${one.value}`, A: (one) => `@${one.getAttribute("href")}` };
  const key = (one) => one.id || (NAMES[one.nodeName] ? NAMES[one.nodeName](one) : "");
  const kin = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);
  const morph = (a, b) => {
    if (a.nodeType !== Node.ELEMENT_NODE) {
      if (a.nodeValue !== b.nodeValue) a.nodeValue = b.nodeValue;
      return;
    }
    for (const { name, value } of b.attributes) if (a.getAttribute(name) !== value) a.setAttribute(name, value);
    for (const { name } of [...a.attributes]) {
      if (!b.hasAttribute(name) && !(name === "open" && a.nodeName === "DETAILS")) a.removeAttribute(name);
    }
    const named = new Map();
    for (const one of a.children) if (key(one) && !named.has(key(one))) named.set(key(one), one);
    let at = a.firstChild;
    for (const wanted of [...b.childNodes]) {
      const known = key(wanted) && named.get(key(wanted));
      let found = known && known.nodeName === wanted.nodeName ? known : null;
      if (found) named.delete(key(wanted));
      if (!found && at && kin(at, wanted)) found = at;
      if (!found) { a.insertBefore(document.importNode(wanted, true), at); continue; }
      if (found === at) at = at.nextSibling;
      else a.insertBefore(found, at);
      morph(found, wanted);
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  };
  const become = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = page.getElementById("main");
    if (!main || page.querySelector("head script").src !== document.querySelector("head script").src) return location.reload();
    const focused = document.activeElement;
    morph($("main"), main);
    morph($("as-of"), page.getElementById("as-of"));
    document.title = page.title;
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    age();
  };

  // ---- live: told of changes, asking for them at most once a second, and now and then whether all is well
  const PAUSE_MS = 1000, LOOK_MS = 15000, PATIENCE_MS = 10000;
  let tag = "", heard = "", events = null, isTold = false, since = 0, isAsking = false, isOver = false, timer = 0, last = 0;
  const say = (state, text) => {
    const live = $("live");
    if (live.dataset.state !== state || live.textContent !== text) { live.dataset.state = state; live.textContent = text; }
  };
  const tell = () => {
    if (since) return say("lost", `not live since ${new Date(since).toTimeString().slice(0, 8)}`);
    say(isTold ? "live" : "asked", isTold ? "live" : "looks every 15 s");
  };
  const parts = (place) => { const [sequence, epoch, version] = place.split("-"); return [epoch, Number(sequence), Number(version)]; };
  const isBehind = () => {
    const [epoch, sequence, version] = parts($("main").dataset.place), [newEpoch, newSequence, newVersion] = parts(heard);
    return heard && (epoch !== newEpoch || sequence < newSequence || version < newVersion);
  };
  const soon = (ms) => {
    const wait = Math.max(ms, last + PAUSE_MS - Date.now(), 0);
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  const leave = (said, address) => { // nothing more can be read: nobody asks again, and nobody listens
    isOver = true;
    clearTimeout(timer);
    if (events) events.close();
    say("lost", said);
    if (address) location.replace(address);
  };
  const ask = async () => {
    if (isAsking || isOver) return;
    if (document.hidden) return soon(LOOK_MS);
    isAsking = true;
    last = Date.now();
    try {
      const headers = tag ? { "If-None-Match": tag, Accept: "text/html" } : { Accept: "text/html" };
      const answer = await fetch(location.href, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status === 401) return leave("signed out", `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      if (answer.status === 403) return leave("you may not read this any more");
      if (answer.status === 200 || answer.status === 404) { // what is gone, or may not be read any more, is not shown on
        become(await answer.text());
        tag = answer.headers.get("ETag") || "";
      } else if (answer.status !== 304) throw new Error(String(answer.status));
      if (heard && parts(heard)[0] !== parts($("main").dataset.place)[0]) heard = ""; // of a server that is no more
      since = 0;
    } catch {
      since = since || Date.now();
    }
    isAsking = false;
    tell();
    soon(!since && isBehind() ? PAUSE_MS : since ? PAUSE_MS * 3 : LOOK_MS);
  };
  const listen = () => {
    const place = heard || $("main").dataset.place;
    if (!place || isOver) return;
    events = new EventSource(`/api/v1/events?after=${encodeURIComponent(place)}`);
    const hear = (event) => { heard = event.lastEventId || heard; if (isBehind()) soon(0); };
    for (const kind of ["record", "application", "gone"]) events.addEventListener(kind, hear);
    events.onopen = () => { isTold = true; if (since) soon(0); else tell(); };
    events.onerror = () => {
      isTold = false;
      if (isOver) return;
      soon(0);
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, LOOK_MS);
    };
  };

  // ---- what a container writes, as it comes: text, and never more
  const LOG_MAX = 1 << 20;
  const follow = (button) => {
    const log = $("log"), stop = new AbortController();
    let isOn = false;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (isOn) return stop.abort();
      isOn = true;
      button.textContent = "Stop";
      let said = "it has ended";
      try {
        const answer = await fetch(button.dataset.from, { headers: { Accept: "text/plain" }, cache: "no-store", signal: stop.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        const words = new TextDecoder(), reader = answer.body.getReader();
        for (let one = await reader.read(); !one.done; one = await reader.read()) {
          const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
          log.append(words.decode(one.value, { stream: true }));
          if (log.textContent.length > LOG_MAX) log.textContent = log.textContent.slice(-LOG_MAX / 2);
          if (isAtEnd) log.scrollTop = log.scrollHeight;
        }
      } catch (error) { said = error.name === "AbortError" ? "stopped" : "it is not followed any more"; }
      button.disabled = true;
      button.textContent = said;
    });
  };

  // ---- once the page stands
  addEventListener("DOMContentLoaded", () => {
    const made = document.querySelector("#as-of time");
    const skew = made ? Date.parse(made.dateTime) - Date.now() : 0;
    if (Math.abs(skew) > 120000) offset = skew; // this machine's clock goes wrong: the server's counts
    const button = $("theme");
    const name = () => { button.textContent = `Theme: ${theme}`; };
    button.hidden = false;
    name();
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      try { localStorage.setItem("trueline-theme", theme); } catch { /* it holds for this page */ }
      wear();
      name();
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
      event.preventDefault();
      $("find-text").focus();
      $("find-text").select();
    });
    age();
    setInterval(age, 5000);
    if ($("follow")) follow($("follow"));
    if (!$("main").dataset.place) return;
    listen();
    soon(LOOK_MS);
    addEventListener("visibilitychange", () => { if (!document.hidden) soon(0); });
    addEventListener("pagehide", () => events && events.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  });
})();
