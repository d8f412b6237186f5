// What is wrong with a page for who cannot see it, or sees little: a few lines of what accessibility checkers ask.
const wrong = [];
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const shown = (element) => `<${element.tagName.toLowerCase()}> ${(element.outerHTML || "").slice(0, 100)}`;
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const nameOf = (element) => {
  const by = element.getAttribute("aria-labelledby");
  const label = element.id ? document.querySelector(`label[for="${CSS.escape(element.id)}"]`) : null;
  const images = all("img[alt]", element).map((image) => image.alt).join(" ");
  const text = by ? document.getElementById(by).textContent : element.getAttribute("aria-label") || (label && label.textContent);
  return (text || `${element.textContent} ${images}`).trim();
};

if (!/^[a-z]{2,3}(-|$)/i.test(document.documentElement.lang)) wrong.push("no language");
if (!document.title) wrong.push("no title");
if (!document.querySelector("meta[name=viewport]")) wrong.push("no viewport");
for (const [selector, count] of [["main", 1], ["h1", 1], ["body > header", 1], ["body > footer", 1]]) {
  if (all(selector).length !== count) wrong.push(`${all(selector).length} of ${selector}`);
}
for (const id of new Set(all("[id]").map((element) => element.id))) {
  if (all(`[id="${CSS.escape(id)}"]`).length > 1) wrong.push(`id ${id} twice`);
}
let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6")) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) wrong.push(`heading ${heading.textContent}: level ${next} after ${level}`);
  level = next;
}
for (const image of all("img")) {
  if (!image.hasAttribute("alt")) wrong.push(`no alt: ${shown(image)}`);
  if (!image.width || !image.height || !image.hasAttribute("width")) wrong.push(`no size: ${shown(image)}`);
}
for (const element of all("a[href], button, input, summary")) if (!nameOf(element)) wrong.push(`no name: ${shown(element)}`);
const names = all("nav, aside, form").filter(isSeen).filter((one) => one.tagName !== "ASIDE").map(nameOf);
if (new Set(names).size !== names.length) wrong.push(`landmarks of one name: ${names}`);
for (const reference of ["aria-controls", "aria-labelledby", "aria-activedescendant", "for"]) {
  for (const element of all(`[${reference}]`)) {
    if (!document.getElementById(element.getAttribute(reference))) wrong.push(`${reference} to nowhere: ${shown(element)}`);
  }
}
for (const link of all("a[href^='#']")) {
  const id = decodeURIComponent(link.hash.slice(1));
  if (!document.getElementById(id)) wrong.push(`link to no place: ${shown(link)}`);
}
for (const block of all("pre, .table")) {
  if (block.scrollWidth > block.clientWidth && block.tabIndex < 0) wrong.push(`scrolls out of reach: ${shown(block)}`);
}
for (const target of all(".top a, .top button, .top input, .menu a, .menu summary, .neighbours a").filter(isSeen)) {
  const { width, height } = target.getBoundingClientRect();
  if (target.closest(".unseen") === null && Math.min(width, height) < 24) wrong.push(`small: ${width}×${height} ${shown(target)}`);
}

const parts = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
const light = ([red, green, blue]) => [red, green, blue]
  .map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const found = parts(getComputedStyle(one).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const told = new Set();
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !isSeen(element) || element.closest(".unseen")) continue;
  const style = getComputedStyle(element), ink = parts(style.color), paper = behind(element);
  const [low, high] = [light(ink), light(paper)].sort((a, b) => a - b), ratio = (high + 0.05) / (low + 0.05);
  const key = `${style.color} on ${paper}`;
  if (ratio < 4.5 && !told.has(key)) wrong.push(`contrast ${ratio.toFixed(2)}: ${key} ${shown(element)}`);
  told.add(key);
}
return wrong;
