// Search without a server: reads the files that render/site/search.py writes. No markup is ever made from text.
"use strict";
(() => {
  const STRENGTHS = 64, POSTINGS_MAX = 2000, SHARDS_MAX = 2, WORDS_MAX = 8, CANDIDATES = 12, RESULTS = 8, SNIPPET = 170,
    TEXTS_BYTES = 400000, PAUSE_MS = 80;
  const PAIRED = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005\\u3040-\\u30fa\\u30fc-\\u30ff" +
    "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
  const RUN = new RegExp(`[${PAIRED}]+|(?:(?![${PAIRED}])[\\p{L}\\p{N}]){1,32}`, "gu");
  const IS_PAIRED = new RegExp(`^[${PAIRED}]`, "u");
  const IS_LETTER = /[\p{L}\p{N}]/u;
  const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ł: "l", ı: "i", þ: "th", ð: "d", ς: "σ" };
  const MARKS = /(?![\u3099\u309a])\p{M}/gu;

  const folded = (text) => text.normalize("NFKD").toLowerCase()
    .replace(/[ßæœøđłıþðς]/g, (letter) => LETTERS[letter]).replace(MARKS, "").normalize("NFC");

  function words(text) {
    return (folded(text).match(RUN) || []).flatMap((run) => {
      if (!IS_PAIRED.test(run)) return [run];
      const letters = Array.from(run);
      return [...letters.slice(1).map((letter, at) => letters[at] + letter), letters[letters.length - 1]];
    });
  }

  // What was asked: each word once. The last letter of a run of pairs is a word only where it stands alone.
  function asked(query) {
    const found = (folded(query.slice(0, 200)).match(RUN) || []).flatMap((run) => {
      const all = words(run);
      return IS_PAIRED.test(run) && all.length > 1 ? all.slice(0, -1) : all;
    });
    return [...new Set(found)].slice(0, WORDS_MAX);
  }

  // By code points, as Python sorts; JavaScript's own order differs beyond U+FFFF.
  function isBefore(left, right) {
    const [a, b] = [Array.from(left), Array.from(right)];
    for (let at = 0; at < a.length && at < b.length; at++) {
      if (a[at] !== b[at]) return a[at].codePointAt(0) < b[at].codePointAt(0);
    }
    return a.length < b.length;
  }

  class Search {
    // `read` gives the JSON of a file beside the index's first one.
    constructor(read) {
      this.read = read;
      this.files = new Map();
    }

    file(name) {
      if (!this.files.has(name)) {
        const answer = this.read(name);
        this.files.set(name, answer);
        answer.catch(() => this.files.delete(name));
      }
      return this.files.get(name);
    }

    async find(query) {
      const terms = asked(query);
      if (!terms.length) return [];
      const entry = await this.file("index.json");
      const rows = await Promise.all(terms.map((term) => this.postings(entry, term)));
      const best = ranked(rows).slice(0, CANDIDATES);
      const packs = this.affordable(entry, best);
      const results = await Promise.all(best.map((one) => this.result(entry, one, terms, query, packs)));
      return results.sort((a, b) => b.score - a.score).slice(0, RESULTS);
    }

    // The packs of the best pages' texts, as far as a search may read.
    affordable(entry, best) {
      const packs = new Set();
      let room = TEXTS_BYTES;
      for (const { page } of best) {
        const pack = entry.pages[page][2], size = entry.packs[pack][1];
        if (packs.has(pack) || size > room) continue;
        packs.add(pack);
        room -= size;
      }
      return packs;
    }

    // page → [worth, section] for one word; `isCommon` where it stands nearly everywhere.
    async postings(entry, term) {
      let from = 0;
      while (from + 1 < entry.shards.length && !isBefore(term, entry.shards[from + 1][0])) from++;
      const near = entry.shards.slice(from, from + SHARDS_MAX)
        .filter(([first], at) => at === 0 || first.startsWith(term));
      const shards = await Promise.all(near.map(([, name]) => this.file(name)));
      const pages = new Map();
      let isCommon = false;
      for (const shard of shards) {
        for (const word of Object.keys(shard)) {
          if (!word.startsWith(term)) continue;
          const list = shard[word];
          const rarity = Math.log(1 + (2 * entry.pages.length) / list.length);
          const nearness = word === term ? 1 : 0.35 + (0.4 * term.length) / word.length;
          if (word === term && list.length >= 2 * Math.min(POSTINGS_MAX, Math.max(20, entry.pages.length * 0.7))) isCommon = true;
          for (let at = 0; at < list.length; at += 2) {
            const worth = rarity * nearness * (list[at + 1] % STRENGTHS);
            const known = pages.get(list[at]);
            if (!known || known[0] < worth) pages.set(list[at], [worth, Math.floor(list[at + 1] / STRENGTHS)]);
          }
        }
      }
      return { pages, isCommon };
    }

    async result(entry, { page, score, section }, terms, query, packs) {
      const [address, title, pack, place] = entry.pages[page];
      const texts = packs.has(pack) ? await this.file(entry.packs[pack][0]).catch(() => []) : [];
      const sections = texts[place] || [];
      const phrase = spaced(query), many = terms.length > 1 || phrase.includes(" ");
      let chosen = sections[section] || ["", "", ""], most = worthOf(chosen, terms, phrase, many) + 1;
      for (const one of sections) {
        const worth = worthOf(one, terms, phrase, many);
        if (worth > most) [chosen, most] = [one, worth];
      }
      if (many) {
        if (spaced(title).includes(phrase)) score *= 5;
        else if (spaced(chosen[1]).includes(phrase)) score *= 4;
        else if (spaced(chosen[2]).includes(phrase)) score *= 3;
      }
      const [id, heading, text] = chosen;
      return {
        score, address, id,
        title: marked(title, terms), section: heading === title ? [] : marked(heading, terms),
        snippet: marked(cut(text, terms, many ? phrase : ""), terms),
      };
    }
  }

  // Pages that have most of the words, best first. A common word may be missing.
  function ranked(rows) {
    const found = new Map();
    for (const { pages, isCommon } of rows) {
      for (const [page, [worth, section]] of pages) {
        const one = found.get(page) || { page, score: 0, covered: 0, section, top: 0 };
        one.score += isCommon ? worth * 0.1 : worth;
        one.covered += isCommon ? 0 : 1;
        if (worth > one.top) [one.top, one.section] = [worth, section];
        found.set(page, one);
      }
    }
    const all = [...found.values()];
    const most = all.reduce((top, one) => Math.max(top, one.covered), 0);
    return all.filter((one) => one.covered === most).sort((a, b) => b.score - a.score || a.page - b.page);
  }

  const spaced = (text) => folded(text).replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  // How much a section says of what was asked: different words first, the phrase in its order most of all.
  function worthOf([, heading, text], terms, phrase, many) {
    const inHeading = ` ${spaced(heading)}`, inText = ` ${spaced(text)}`;
    const has = (within, term) => (IS_PAIRED.test(term) ? within.includes(term) : within.includes(` ${term}`));
    const count = terms.reduce((sum, term) => sum + (has(inHeading, term) ? 3 : 0) + (has(inText, term) ? 2 : 0), 0);
    return count + (many && (inText.includes(phrase) || inHeading.includes(phrase)) ? 5 : 0);
  }

  // The folded text with, for each of its letters, where it begins in the text.
  function mapped(text) {
    let plain = "", at = 0;
    const starts = [];
    for (const letter of text) {
      const small = folded(letter);
      plain += small;
      for (let n = 0; n < small.length; n++) starts.push(at);
      at += letter.length;
    }
    starts.push(at);
    return { plain, starts };
  }

  // [from, to) in the text of each place where a word begins with one of the terms.
  function places(text, terms) {
    const { plain, starts } = mapped(text);
    const found = [];
    for (const term of terms) {
      for (let at = plain.indexOf(term); at >= 0; at = plain.indexOf(term, at + term.length)) {
        if (!IS_PAIRED.test(term) && at > 0 && IS_LETTER.test(plain[at - 1])) continue;
        let end = at + term.length;
        while (end < starts.length - 1 && starts[end] === starts[end - 1]) end++;
        found.push([starts[at], starts[end]]);
      }
    }
    return found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  }

  // Parts of a text, those that were asked for with `isMark`.
  function marked(text, terms) {
    const parts = [];
    let done = 0;
    for (const [from, to] of places(text, terms)) {
      if (to <= done) continue;
      if (from > done) parts.push({ text: text.slice(done, from), isMark: false });
      parts.push({ text: text.slice(Math.max(from, done), to), isMark: true });
      done = to;
    }
    if (done < text.length) parts.push({ text: text.slice(done), isMark: false });
    return parts;
  }

  // A piece of a text around the phrase, else around the first of the terms.
  function cut(whole, terms, phrase) {
    const text = whole.slice(0, 20000).replace(/\s+/g, " ").trim();
    const near = (phrase && places(text, [phrase])[0]) || places(text, terms)[0] || [0, 0];
    let from = Math.max(0, near[0] - SNIPPET / 3);
    if (from > 0) from = text.indexOf(" ", from) < near[0] ? text.indexOf(" ", from) + 1 : Math.floor(from);
    const letters = text.slice(from, from + SNIPPET + 40);
    const end = letters.length > SNIPPET ? letters.lastIndexOf(" ", SNIPPET) : letters.length;
    const piece = end > 0 && end < letters.length ? letters.slice(0, end) : Array.from(letters).slice(0, SNIPPET).join("");
    return (from > 0 ? "… " : "") + piece + (from + piece.length < text.length ? " …" : "");
  }

  function attach(form) {
    const words = JSON.parse(document.documentElement.dataset.words);
    const put = (sentence, name, value) => sentence.split(`{${name}}`).join(value);
    const base = new URL(form.dataset.index, location.href);
    const root = new URL(form.dataset.root || "./", location.href);
    const read = async (name) => {
      const answer = await fetch(new URL(name, base));
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      return answer.json();
    };
    const search = new Search(read);
    const input = form.querySelector("input"), panel = form.querySelector("[data-found]");
    const say = panel.querySelector("[role=status]"), list = panel.querySelector("[role=listbox]");
    let turn = 0, at = -1;

    const show = (isOpen) => {
      panel.hidden = !isOpen;
      input.setAttribute("aria-expanded", String(isOpen && list.children.length > 0));
      if (!isOpen) choose(-1);
    };
    const choose = (next) => {
      at = next;
      Array.from(list.children).forEach((item, n) => item.setAttribute("aria-selected", String(n === at)));
      if (at < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    };
    const element = (name, kind, parts) => {
      const made = document.createElement(name);
      made.className = kind;
      for (const part of parts) {
        const piece = document.createElement(part.isMark ? "mark" : "span");
        piece.textContent = part.text;
        made.append(piece);
      }
      return made;
    };
    const item = (result, n) => {
      const link = document.createElement("a");
      // "./" keeps a colon in an address from being taken for a scheme.
      link.href = new URL(`./${result.address}${result.id ? `#${encodeURIComponent(result.id)}` : ""}`, root).href;
      link.tabIndex = -1;
      link.append(element("b", "title", result.title));
      if (result.section.length) link.append(element("span", "section", result.section));
      if (result.snippet.length) link.append(element("span", "snippet", result.snippet));
      const made = document.createElement("li");
      made.id = `tl-found-${n}`;
      made.setAttribute("role", "option");
      made.append(link);
      return made;
    };
    const run = async () => {
      const mine = ++turn, query = input.value.trim();
      if (!query) return show(false);
      await new Promise((done) => setTimeout(done, PAUSE_MS)); // who types on has not asked yet
      if (mine !== turn) return;
      let results = [], answer = "";
      try {
        results = await search.find(query);
        answer = results.length ? put(words.count, "count", results.length) : put(words.nothing, "query", query);
      } catch {
        answer = words.unreadable;
      }
      if (mine !== turn) return;
      say.textContent = answer;
      list.replaceChildren(...results.map(item));
      show(true);
      choose(results.length ? 0 : -1);
    };
    const go = () => at >= 0 && location.assign(list.children[at].querySelector("a").href);

    input.addEventListener("focus", () => { search.file("index.json").catch(() => 0); if (input.value.trim()) run(); });
    input.addEventListener("input", run);
    input.addEventListener("keydown", (event) => {
      const count = list.children.length;
      if (event.key === "Escape") {
        if (panel.hidden && !input.value) input.blur();
        turn++;
        input.value = "";
        show(false);
      }
      else if (event.key === "ArrowDown" && count) { event.preventDefault(); choose((at + 1) % count); }
      else if (event.key === "ArrowUp" && count) { event.preventDefault(); choose((at + count - 1) % count); }
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
    document.addEventListener("keydown", (event) => {
      const where = event.target;
      const isTyping = where && (where.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName));
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
    document.addEventListener("click", (event) => { if (!form.contains(event.target)) show(false); });
    form.addEventListener("focusout", (event) => { if (event.relatedTarget && !form.contains(event.relatedTarget)) show(false); });
  }

  if (typeof document === "undefined") {
    module.exports = { Search, words, asked, folded, marked, cut };
  } else {
    const form = document.querySelector("form[data-index]");
    if (form) attach(form);
  }
})();
