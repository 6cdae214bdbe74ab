// Reading a page: the current page of the menu in view, tables that say that they scroll, matches of a search that can
// be hidden, and what a link means (a term, a number, a citation) shown on hover, focus and tap. Without this script
// the links and titles still work.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const menu = document.querySelector(".bd-sidebar-primary");
  const current = menu && [...menu.querySelectorAll("li.current > a.current, li.active > a")].pop();
  if (current) {
    const offset = current.getBoundingClientRect().top - menu.getBoundingClientRect().top;
    if (offset > menu.clientHeight * 0.7 || offset < 0) menu.scrollTop += offset - menu.clientHeight / 3;
  }

  document.querySelectorAll(".bd-article .hs-table").forEach((table) => {
    const line = document.createElement("p");
    line.className = "hs-scrolls";
    line.textContent = "Scroll sideways for more columns.";
    line.hidden = true;
    table.before(line);
    new ResizeObserver(() => (line.hidden = table.scrollWidth <= table.clientWidth + 1)).observe(table);
  });

  const hide = (event) => {
    const link = event.target.closest(".highlight-link a");
    if (!link) return;
    event.preventDefault();
    document.querySelectorAll("span.highlighted").forEach((found) => found.replaceWith(...found.childNodes));
    link.parentElement.remove();
    const here = new URL(window.location);
    here.searchParams.delete("highlight");
    history.replaceState({}, "", here);
  };
  document.addEventListener("click", hide);

  const tip = document.createElement("div");
  tip.id = "hs-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let owner = null;
  let leaving = 0;
  const close = () => {
    clearTimeout(leaving);
    owner?.removeAttribute("aria-describedby");
    owner = null;
    tip.hidden = true;
  };
  const open = (link) => {
    clearTimeout(leaving);
    if (owner === link) return;
    close();
    if (link.title) {
      link.dataset.means = link.title;
      link.removeAttribute("title");
    }
    owner = link;
    tip.textContent = link.dataset.means;
    tip.hidden = false;
    link.setAttribute("aria-describedby", tip.id);
    const line = [...link.getClientRects()].pop();
    const left = Math.min(line.left, document.documentElement.clientWidth - tip.offsetWidth - 12);
    const below = line.bottom + tip.offsetHeight + 8 < window.innerHeight;
    tip.style.left = `${window.scrollX + Math.max(12, left)}px`;
    tip.style.top = `${window.scrollY + (below ? line.bottom + 4 : line.top - tip.offsetHeight - 4)}px`;
  };
  const meant = (event) => event.target.closest?.(".bd-article a[title]:not(.headerlink), .bd-article a[data-means]");
  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(close, 200);
  };
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (tip.contains(event.target)) clearTimeout(leaving);
    else if (meant(event)) open(meant(event));
    else if (owner && document.activeElement !== owner) leave();
  });
  document.addEventListener("focusin", (event) => (meant(event) ? open(meant(event)) : close()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  let tapped = false;
  document.addEventListener("pointerdown", (event) => {
    tapped = event.pointerType === "touch" && meant(event) && owner !== meant(event);
    if (event.pointerType === "touch" && !meant(event) && !tip.contains(event.target)) close();
  });
  document.addEventListener("click", (event) => {
    if (!tapped || !meant(event)) return;
    event.preventDefault(); // the first tap says what it is, the second follows the link
    tapped = false;
    open(meant(event));
  });
});
