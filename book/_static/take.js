// "Copy link" under a figure or table copies its address. Without this script the link leads to the figure or table.
(() => {
  "use strict";
  const SHOWN = 2000; // milliseconds
  for (const link of document.querySelectorAll('.hs-take a[href^="#"]')) {
    const said = link.textContent;
    link.setAttribute("aria-live", "polite");
    link.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(link.href);
        link.textContent = "Link copied";
        setTimeout(() => { link.textContent = said; }, SHOWN);
      } catch { /* the address bar has the link */ }
    });
  }
})();
