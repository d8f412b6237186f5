// The menu of versions, and a banner on those that are not the newest, read from one file: a new version changes no page.
// The banner lies at the foot of the window, where it takes no room from the text.
"use strict";
(() => {
  const place = document.querySelector(".version[data-menu]");
  if (!place) return;
  const words = JSON.parse(place.dataset.words), say = (text, version) => text.split("{version}").join(version);
  const site = new URL(place.dataset.site, location.href);
  const [here, ...rest] = location.pathname.slice(site.pathname.length).split("/");
  const current = decoded(here), page = rest.join("/"), name = place.querySelector("a").lastChild.textContent;

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  const home = (folder) => new URL(`${encodeURIComponent(folder)}/`, site);

  // The same page of another version where that has it, else that version's first page.
  async function counterpart(folder) {
    const same = new URL(home(folder).pathname + page, site);
    try {
      if ((await fetch(same, { method: "HEAD" })).ok) return same.href + location.hash;
    } catch { /* not to be asked: its first page, then */ }
    return home(folder).href;
  }

  function leadTo(link, folder) {
    link.href = home(folder).href;
    link.addEventListener("click", async (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      location.assign(await counterpart(folder));
    });
    return link;
  }

  function made(tag, name, words) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (words) element.textContent = words;
    return element;
  }

  function entry(folder, note) {
    const item = made("li"), link = leadTo(made("a", "", folder), folder);
    if (note) link.append(" ", made("small", "", note));
    if (folder === current) link.setAttribute("aria-current", "true");
    item.append(link);
    return item;
  }

  function offerMenu(versions) {
    const menu = made("details");
    const list = made("ul"), aliases = versions.flatMap((one) => one.aliases.map((alias) => entry(alias, one.name)));
    const summary = made("summary"), unseen = made("span", "unseen", `${words.name} `);
    summary.append(unseen, name);
    list.append(...aliases, ...versions.map((one) => entry(one.folder, one.name === one.folder ? "" : one.name)));
    menu.append(summary, list);
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      summary.focus();
    });
    place.replaceChildren(menu);
  }

  function offerBanner(versions, folder) {
    const isIn = (one, name) => one.folder === name || one.aliases.includes(name);
    const shown = versions.find((one) => isIn(one, current)), best = versions.find((one) => isIn(one, folder));
    if (!shown || !best || shown === best) return;
    const banner = made("p", `outdated ${shown.standing}`, `${say(words[shown.standing] || words.other, shown.name)} `);
    banner.setAttribute("role", "note");
    banner.append(leadTo(made("a", "", say(words.go, best.name)), folder));
    document.querySelector("main").prepend(banner);
  }

  document.addEventListener("DOMContentLoaded", async () => {
    try {
      const answer = await fetch(new URL(place.dataset.menu, location.href), { cache: "no-cache" });
      if (!answer.ok) return;
      const { versions, default: folder } = await answer.json();
      offerMenu(versions);
      offerBanner(versions, folder);
    } catch { /* the link to the list of versions stays */ }
  });
})();
