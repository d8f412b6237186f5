// Reads {files, queries, texts} and answers {found, words}: the theme's script without a browser.
const { Search, words } = require(process.argv[2]);
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = async (name) => {
  if (!Object.hasOwn(asked.files, name)) throw new Error(`no file ${name}`);
  loaded.add(name);
  return JSON.parse(asked.files[name]);
};
let loaded = new Set();
(async () => {
  const found = [], loads = [];
  for (const query of asked.queries) {
    loaded = new Set();
    found.push(await new Search(read).find(query));
    loads.push([...loaded]);
  }
  process.stdout.write(JSON.stringify({ found, loads, words: asked.texts.map(words) }));
})();
