// The shell of an explorer: reads its controls and the address, asks the model (explore-models.js), and shows sentence,
// numbers, table and charts (explore-draw.js). Without this script the page shows one position, whole.
(() => {
  "use strict";

  const named = (form) => [...form.elements].filter((element) => element.name);
  const valueOf = (element) =>
    element.type === "checkbox" ? element.checked : element.type === "range" ? Number(element.value) : element.value;
  const read = (form) => Object.fromEntries(named(form).map((element) => [element.name, valueOf(element)]));

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

  const showControls = (form, state) => {
    for (const slider of form.querySelectorAll("input[type=range]")) {
      const most = state.limits?.[slider.name];
      if (most !== undefined) slider.max = most;
      const digits = slider.step.includes(".") ? 1 : 0;
      const plain = Number(slider.value).toFixed(digits);
      const unit = plain === "1" ? slider.dataset.unit.replace(/s$/, "") : slider.dataset.unit;
      const said = state.outputs?.[slider.name] ?? (unit === "%" ? `${plain}%` : `${plain} ${unit}`.trim());
      slider.setAttribute("aria-valuetext", said);
      slider.parentElement.querySelector("output").textContent = said;
    }
  };

  // The settings in the fragment of the address, which is never sent: those that are not as the page starts.
  const inAddress = (form) => {
    const changed = named(form).filter((element) =>
      element.type === "checkbox"
        ? element.checked !== element.defaultChecked
        : element.options
          ? ![...element.options].find((option) => option.defaultSelected)?.selected
          : element.value !== element.defaultValue);
    const text = (element) => (element.type === "checkbox" ? (element.checked ? "yes" : "no") : element.value);
    return new URLSearchParams(changed.map((element) => [element.name, text(element)])).toString();
  };

  // Takes from the address what a control allows, and nothing else; says whether it named a control.
  const fromAddress = (form) => {
    const given = new URLSearchParams(location.hash.slice(1));
    const known = named(form).filter((element) => given.has(element.name));
    for (const element of known) {
      const text = given.get(element.name);
      if (element.type === "checkbox") {
        if (["yes", "no"].includes(text)) element.checked = text === "yes";
      } else if (element.options) {
        if ([...element.options].some((option) => option.value === text)) element.value = text;
      } else if (/^-?\d{1,9}(\.\d{1,9})?$/.test(text)) {
        const before = element.value;
        element.value = text;
        if (Number(element.value) !== Number(text)) element.value = before;
      }
    }
    return known.length > 0;
  };

  // Each setting as its label and what the reader sees next to it.
  const inWords = (form) =>
    [...form.querySelectorAll(".hs-control")].map((control) => {
      const [box, list] = ["input[type=checkbox]", "select"].map((query) => control.querySelector(query));
      const value = list?.selectedOptions[0].text ?? (box ? (box.checked ? "yes" : "no") : control.querySelector("output").textContent);
      return `${control.querySelector("label").textContent}: ${value}`;
    });

  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000); // some browsers ask the reader first
  };

  const say = (button, text) => {
    button.dataset.said ??= button.textContent;
    button.textContent = text;
    setTimeout(() => (button.textContent = button.dataset.said), 2000);
  };

  // Numbers of the reader's own, in the place of those of the page.
  const openOwn = (section, figure, table, use) => {
    const box = section.querySelector(".hs-own-data");
    if (!box) return;
    const [text, error] = ["textarea", ".hs-error"].map((query) => box.querySelector(query));
    const heads = [...table.querySelectorAll("thead th"), table.caption].filter(Boolean);
    const written = heads.map((head) => head.textContent);
    const show = (own) => {
      error.textContent = "";
      text.removeAttribute("aria-invalid");
      figure.classList.toggle("hs-own", Boolean(own));
      heads.forEach((head, place) => (head.textContent = written[place]));
      if (own) [heads[0].textContent, heads[1].textContent] = [own.period, own.title];
      if (own && table.caption) table.caption.textContent = "Your own numbers, with limits and special causes";
      use(own);
    };
    box.querySelector("[data-own=draw]").addEventListener("click", () => {
      try {
        show(globalThis.hsExplorers.ownSeries(text.value));
      } catch (wrong) {
        error.textContent = wrong.message;
        text.setAttribute("aria-invalid", "true");
        text.focus();
      }
    });
    box.querySelector("[data-own=back]").addEventListener("click", () => show(null));
    box.hidden = false;
  };

  const begin = (section) => {
    const carried = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const model = globalThis.hsExplorers[section.dataset.kind];
    const [form, said] = ["form", ".hs-said"].map((query) => section.querySelector(query));
    const list = document.querySelector(`.hs-numbers[data-of="${section.dataset.kind}"]`);
    const table = document.querySelector(`#table-explorer-${section.dataset.kind} table`);
    const place = document.createElement("div");
    place.className = "hs-charts";
    form.before(place);
    const figures = Object.keys(carried.charts).map((name) => document.getElementById(`figure-${name}`));
    const charts = Object.entries(carried.charts).map(([name, heights], number) => {
      figures[number].classList.add("hs-alive"); // it keeps its caption
      return globalThis.hsDraw.open(place, name, heights);
    });
    let inputs = carried.inputs;
    let soon = 0;

    const update = () => {
      const state = model(inputs, read(form));
      showControls(form, state);
      showNumbers(list, state);
      showRows(table, state.rows);
      for (const chart of charts) chart.show(state.charts[chart.name], state.sentence);
      // A slider in motion is not read out at every step: the sentence follows when it rests.
      said.setAttribute("aria-busy", "true");
      clearTimeout(soon);
      soon = setTimeout(() => {
        said.textContent = state.sentence;
        said.setAttribute("aria-busy", "false");
      }, 150);
    };
    // The file says what the other downloads say, and the settings; a caption is not about numbers of the reader's own.
    const download = () => {
      const { title, data, origin } = figures[0].nextElementSibling.dataset;
      const settings = `Settings: ${inWords(form).join("; ")}.`;
      const own = inputs !== carried.inputs;
      const captions = figures.map((figure) => figure.querySelector("figcaption").textContent);
      const notes = own
        ? [settings, "Data: the reader's own numbers.", `Drawn with the page: ${origin}`]
        : [settings, ...captions, data, origin];
      const { sentence } = model(inputs, read(form));
      const page = location.pathname.split("/").at(-1).replace(/\.html$/, "");
      save(`${page}-as-set.svg`, globalThis.hsDraw.file(charts.map(({ frame }) => frame), { title, sentence, notes }));
    };
    const remember = () => {
      const settings = inAddress(form);
      history.replaceState(null, "", settings ? `#${settings}` : location.pathname + location.search);
    };
    const restore = () => {
      if (!fromAddress(form)) return;
      showControls(form, model(inputs, read(form))); // one setting can limit another
      fromAddress(form);
    };

    form.addEventListener("input", update);
    form.addEventListener("change", remember); // when a control rests
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      said.setAttribute("aria-busy", "true");
      setTimeout(() => (update(), remember())); // the controls go back after this event
    });
    form.addEventListener("click", async ({ target }) => {
      if (target.dataset.push) {
        const slider = form.elements[target.dataset.push];
        slider.value = Number(slider.value) + Number(target.dataset.step);
        update();
        remember();
      }
      if ("save" in target.dataset) download();
      if ("copy" in target.dataset) {
        remember();
        try {
          await navigator.clipboard.writeText(location.href);
          say(target, "Link copied");
        } catch {
          say(target, "Copy it from the address bar");
        }
      }
    });
    addEventListener("hashchange", () => {
      if (!location.hash.includes("=")) return;
      form.reset();
      restore();
      update();
    });
    section.querySelector(".hs-still").hidden = true;
    form.hidden = false;
    form.reset();
    restore();
    openOwn(section, figures[0], table, (own) => {
      inputs = own ?? carried.inputs;
      form.reset();
    });
    update();
    section.classList.add("hs-ready");
    section.dataset.ready = "yes";
  };

  document.querySelectorAll(".hs-explorer").forEach(begin);
})();
