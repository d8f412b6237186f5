// The least of a browser that the theme's search needs: does what a reader does, and prints what is then on the page.
const fs = require("fs");
const { files, query, keys, words } = JSON.parse(fs.readFileSync(0, "utf8"));

class Element {
  constructor(name) {
    Object.assign(this, { tagName: name.toUpperCase(), children: [], attributes: {}, listeners: {}, dataset: {}, hidden: true, value: "", text: "" });
  }
  set textContent(value) { this.text = String(value); this.children = []; }
  get textContent() { return this.text + this.children.map((child) => child.textContent).join(""); }
  set innerHTML(value) { throw new Error(`markup from text: ${value}`); }
  append(...items) { this.children.push(...items); }
  replaceChildren(...items) { this.children = items; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(name, listener) { this.listeners[name] = listener; }
  querySelector(which) { return this.parts ? this.parts[which] : this.children.find((child) => child.tagName === which.toUpperCase()); }
  contains(other) { return other === this; }
  scrollIntoView() {}
  focus() { isFocused = true; }
  select() {}
}

let isFocused = false;
const [form, input, panel, say, list] = ["form", "input", "div", "p", "ul"].map((name) => new Element(name));
Object.assign(form.dataset, { index: "../../search/index.json", root: "../../" });
form.parts = { input, "[data-found]": panel };
panel.parts = { "[role=status]": say, "[role=listbox]": list };
const gone = [];
const listeners = {};
globalThis.location = { href: "https://site.example/docs/guide/deep/", assign: (where) => gone.push(where) };
globalThis.document = {
  documentElement: { dataset: { words } },
  querySelector: () => form, createElement: (name) => new Element(name),
  addEventListener: (name, listener) => { listeners[name] = listener; },
};
globalThis.fetch = async (where) => {
  const name = String(where).replace("https://site.example/docs/search/", "");
  return { ok: Object.hasOwn(files, name), status: 404, json: async () => JSON.parse(files[name]) };
};
require(process.argv[2]);

const event = (key, target) => ({ key, target, preventDefault() {} });
const shown = (element) => ({
  tag: element.tagName, text: element.text, href: element.href, role: element.attributes.role, children: element.children.map(shown),
});
(async () => {
  listeners.keydown(event("/", new Element("body")));
  input.value = query;
  await input.listeners.input();
  for (const key of keys) {
    if (key === "Enter") form.listeners.submit(event(key, input));
    else input.listeners.keydown(event(key, input));
  }
  const at = list.children.findIndex((item) => item.attributes["aria-selected"] === "true");
  process.stdout.write(JSON.stringify({
    isFocused, isPanelHidden: panel.hidden, said: say.textContent, at, gone,
    active: input.attributes["aria-activedescendant"] || "", isExpanded: input.attributes["aria-expanded"], list: list.children.map(shown),
  }));
})();
