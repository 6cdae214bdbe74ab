// Filters for a table whose rows carry data attributes: <div class="hs-claims" data-filter="source verdict">…</div>.
// Without this script the table is whole and plain.
(() => {
  "use strict";

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    Object.assign(element, attributes);
    element.append(...children);
    return element;
  };

  const enhance = (wrapper) => {
    const rows = [...wrapper.querySelectorAll("tbody tr")];
    const status = make("p", { className: "hs-filter-status" });
    status.setAttribute("role", "status");
    const selects = wrapper.dataset.filter.split(" ").map((name) => {
      const values = [...new Set(rows.map((row) => row.dataset[name]))].sort();
      const options = values.map((value) => {
        const count = rows.filter((row) => row.dataset[name] === value).length;
        return make("option", { value, textContent: `${value} (${count})` });
      });
      const select = make("select", { name }, make("option", { value: "", textContent: "all" }), ...options);
      return { name, select };
    });
    const search = make("input", { type: "search", name: "words" });

    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let kept = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const shown =
          selects.every(({ name, select }) => !select.value || row.dataset[name] === select.value) &&
          words.every((word) => text.includes(word));
        row.hidden = !shown;
        kept += shown;
      }
      status.textContent = `${kept} of ${rows.length} shown`;
    };

    const form = make(
      "form",
      { className: "hs-filter hs-computed" },
      ...selects.map(({ name, select }) => make("label", {}, `${name} `, select)),
      make("label", {}, "search ", search),
      make("button", { type: "reset", textContent: "Show all" }),
      status,
    );
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    wrapper.before(form);
    apply();
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".hs-claims[data-filter]").forEach(enhance);
  });
})();
