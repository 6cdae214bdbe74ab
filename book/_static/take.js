// "Copy link" under a figure or table copies its address. Without this script the link leads to the figure or table.
(() => {
  "use strict";
  const SHOWN = 2000; // milliseconds
  document.addEventListener("click", async (event) => {
    const link = event.target.closest('.hs-take a[href^="#"]');
    if (!link || link.dataset.said) return;
    try {
      await navigator.clipboard.writeText(link.href);
    } catch {
      return; // the address bar has the link
    }
    link.dataset.said = link.textContent;
    link.setAttribute("aria-live", "polite");
    link.textContent = "Link copied";
    setTimeout(() => {
      link.textContent = link.dataset.said;
      delete link.dataset.said;
    }, SHOWN);
  });
})();
