// What a page says first, under its name among the results of a search. The list comes with the book: nothing is fetched.
(() => {
  "use strict";
  const said = window.bookDescriptions || {};
  const results = document.getElementById("search-results");
  if (!results) return;
  const describe = (item) => {
    const link = item.querySelector("a");
    if (!link || item.querySelector(".hs-said")) return;
    const root = new URL(document.documentElement.dataset.content_root, document.baseURI).pathname;
    const name = decodeURIComponent(new URL(link.href).pathname.slice(root.length)).replace(/\.html$/, "");
    if (!said[name]) return;
    const line = document.createElement("p");
    line.className = "hs-said";
    line.textContent = said[name];
    item.append(line);
  };
  new MutationObserver(() => results.querySelectorAll("li").forEach(describe)).observe(results, { childList: true, subtree: true });
})();
