(() => {
  const system = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const [bright, dim] = document.querySelectorAll("[name=theme-color]");
  const rule = [...document.styleSheets[0].cssRules].find(one => /scheme/.test(one.conditionText));
  let chosen, dark, button;
  const show = () => {
    try { chosen = localStorage.colours; } catch { /* no place to keep it: it lasts as long as the page */ }
    dark = chosen ? chosen === "dark" : system.matches;
    root.style.colorScheme = dark ? "dark" : "light";
    rule.media.mediaText = dim.media = dark ? "screen" : "not all";
    bright.media = dark ? "not all" : "screen";
    button = document.querySelector(".bottom button");
    if (button) { button.hidden = false; button.textContent = dark ? "Light colours" : "Dark colours"; }
  };
  show();
  system.addEventListener("change", show);
  for (const event of ["DOMContentLoaded", "pageshow", "storage"]) addEventListener(event, show);
  addEventListener("click", ({ target }) => {
    if (target !== button) return;
    chosen = dark ? "light" : "dark";
    try { localStorage.colours = chosen; } catch { /* as above */ }
    show();
  });
})();
