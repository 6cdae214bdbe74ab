// The shell of an explorer: reads its controls, asks the model (explore-models.js), shows sentence, numbers, table and
// chart. Without this script the page shows one position, whole.
(() => {
  "use strict";

  const read = (form) =>
    Object.fromEntries(
      [...form.elements]
        .filter((element) => element.name)
        .map((element) => [
          element.name,
          element.type === "checkbox" ? element.checked : element.type === "range" ? Number(element.value) : element.value,
        ]),
    );

  const showNumbers = (list, state) => {
    for (const entry of [...list.children]) if (!(entry.lastChild.dataset.name in state.numbers)) entry.remove();
    for (const [name, [value, text]] of Object.entries(state.numbers)) {
      let cell = list.querySelector(`dd[data-name="${name}"]`);
      if (!cell) {
        const entry = document.createElement("div");
        entry.append(document.createElement("dt"), (cell = document.createElement("dd")));
        cell.dataset.name = name;
        list.append(entry);
      }
      if (state.labels?.[name]) cell.previousSibling.textContent = state.labels[name];
      cell.dataset.value = value ?? "";
      cell.textContent = text;
    }
  };

  const showRows = (table, rows) => {
    const classes = [...table.querySelectorAll("thead th")].map((cell) => cell.className);
    table.tBodies[0].replaceChildren(
      ...rows.map((row) => {
        const line = document.createElement("tr");
        line.append(
          ...row.map((text, place) => {
            const cell = document.createElement(place ? "td" : "th");
            if (!place) cell.scope = "row";
            else cell.className = classes[place];
            cell.textContent = text;
            return cell;
          }),
        );
        return line;
      }),
    );
  };

  const showControls = (form, values, state) => {
    for (const slider of form.querySelectorAll("input[type=range]")) {
      const most = state.limits?.[slider.name];
      if (most !== undefined) slider.max = most;
      const digits = slider.step.includes(".") ? 1 : 0;
      const plain = Number(slider.value).toFixed(digits);
      const unit = plain === "1" ? slider.dataset.unit.replace(/s$/, "") : slider.dataset.unit;
      const said = state.outputs?.[slider.name] ?? (unit === "%" ? `${plain}%` : `${plain} ${unit}`);
      slider.setAttribute("aria-valuetext", said);
      slider.parentElement.querySelector("output").textContent = said;
    }
  };

  // A chart replaces the drawing of its figure; the figure keeps its caption.
  const openChart = async (name, spec, { data, signals }) => {
    const figure = document.getElementById(`figure-${name}`);
    const place = document.createElement("div");
    place.className = "hs-live";
    place.setAttribute("role", "img");
    const drawing = document.createElement("div");
    drawing.setAttribute("aria-hidden", "true"); // the place says it all; marks one by one would say nothing
    place.append(drawing);
    figure.prepend(place);
    figure.classList.add("hs-alive");
    const own = Object.fromEntries(Object.entries(data).filter(([rows]) => JSON.stringify(spec).includes(`"name":"${rows}"`)));
    // The page's policy allows no code made of text and no style but its own: expressions are interpreted (ast).
    const options = { actions: false, ast: true, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true } };
    const params = spec.params?.map((param) => ({ ...param, value: signals[param.name] ?? param.value }));
    const { view } = await globalThis.vegaEmbed(drawing, { ...spec, datasets: own, ...(params && { params }) }, options);
    return { place, view, uses: Object.keys(own) };
  };

  const showChart = ({ place, view, uses }, state) => {
    place.setAttribute("aria-label", state.sentence);
    for (const name of uses) view.data(name, state.data[name].map((row) => ({ ...row })));
    const known = view.getState().signals;
    for (const [name, value] of Object.entries(state.signals ?? {})) if (name in known) view.signal(name, value);
    return view.runAsync();
  };

  const begin = async (section) => {
    const carried = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const model = globalThis.hsExplorers[section.dataset.kind];
    const [form, said] = ["form", ".hs-said"].map((query) => section.querySelector(query));
    const list = document.querySelector(`.hs-numbers[data-of="${section.dataset.kind}"]`);
    const table = document.querySelector(`#table-explorer-${section.dataset.kind} table`);
    let charts = [];
    let soon = 0;

    const update = () => {
      const values = read(form);
      const state = model(carried.inputs, values);
      showControls(form, values, state);
      showNumbers(list, state);
      showRows(table, state.rows);
      const drawn = Promise.all(charts.map((chart) => showChart(chart, state)));
      // A slider in motion is not read out at every step: the sentence follows when it rests.
      said.setAttribute("aria-busy", "true");
      clearTimeout(soon);
      soon = setTimeout(async () => {
        said.textContent = state.sentence;
        await drawn;
        said.setAttribute("aria-busy", "false");
      }, 150);
    };

    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      said.setAttribute("aria-busy", "true");
      setTimeout(update); // the controls go back after this event
    });
    form.addEventListener("click", ({ target }) => {
      if (!target.dataset.push) return;
      const slider = form.elements[target.dataset.push];
      slider.value = Number(slider.value) + Number(target.dataset.step);
      update();
    });
    section.querySelector(".hs-still").hidden = true;
    form.hidden = false;
    form.reset();
    const start = model(carried.inputs, read(form));
    charts = await Promise.all(Object.entries(carried.charts).map(([name, spec]) => openChart(name, spec, start)));
    update();
    section.dataset.ready = "yes";
  };

  document.querySelectorAll(".hs-explorer").forEach(begin);
})();
