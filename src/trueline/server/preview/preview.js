// Reloads a page when a newer build is there, and shows what stops one. It asks the preview alone.
(() => {
  "use strict";
  const script = document.currentScript;
  const shown = Number(script.dataset.build);
  const home = script.dataset.root;
  let box = null;

  const element = (name, text, style) => {
    const made = document.createElement(name);
    made.textContent = text;
    Object.assign(made.style, style);
    return made;
  };
  const overlay = (problems) => {
    if (box) box.remove();
    box = null;
    if (!problems.length) return;
    box = element("div", "", {
      position: "fixed", inset: "auto 0 0 0", maxHeight: "60vh", overflow: "auto", zIndex: "2147483647", padding: "16px 20px",
      background: "#2a0f0f", color: "#ffe9e6", font: "14px/1.5 ui-monospace, monospace", borderTop: "3px solid #ff6b5e",
      whiteSpace: "pre-wrap", textAlign: "left",
    });
    box.id = "trueline-preview-problems";
    box.setAttribute("role", "alert");
    box.append(element("strong", "This does not build; the page is as it was before:\n\n", {}));
    box.append(element("span", problems.join("\n"), {}));
    document.body.append(box);
  };
  const events = new EventSource(`${home}events`);
  events.addEventListener("build", (event) => {
    const build = JSON.parse(event.data);
    if (build.number > shown) location.reload();
    else overlay(build.problems);
  });
  if (window.top === window && !script.dataset.own) {
    const badge = element("a", script.dataset.badge, {
      position: "fixed", right: "12px", bottom: "12px", zIndex: "2147483646", padding: "5px 11px", borderRadius: "999px",
      background: "#1c2227", color: "#fff", font: "13px/1.4 system-ui, sans-serif", textDecoration: "none", opacity: "0.85",
    });
    badge.id = "trueline-preview-badge";
    badge.href = `${home}changes`;
    document.body.append(badge);
  }
  addEventListener("pagehide", () => events.close());
})();
