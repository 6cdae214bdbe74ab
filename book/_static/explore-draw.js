// Draws the charts of the explorers as SVG, on axes that the model fixes, and shows their values: under the pointer,
// by touch, and by a slider that the keyboard moves. Colours are those of explore.css, so that a chart follows the theme.
(() => {
  "use strict";

  const NARROW = 480; // px of the place of a chart
  const STEPS = [1, 2, 3, 4, 6, 12, 24, 36, 60, 120]; // of labelled places: months keep their January
  const PROMPT = "Point at the chart, or move this slider, to read values.";

  const create = (name, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const add = (parent, tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const at = (value) => value.toFixed(2);

  const OUTLINES = {
    circle: (r) => `m${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`,
    square: (r) => `m${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
    diamond: (r) => `m0,${-1.3 * r}l${1.3 * r},${1.3 * r}l${-1.3 * r},${1.3 * r}l${-1.3 * r},${-1.3 * r}z`,
    triangle: (r) => `m0,${-1.2 * r}l${1.2 * r},${2.2 * r}h${-2.4 * r}z`,
    x: (r) => `m${-r},${-r}l${2 * r},${2 * r}m0,${-2 * r}l${-2 * r},${2 * r}`,
    bar: (r) => `m0,${-1.4 * r}v${2.8 * r}`,
    plus: (r) => `m${-1.2 * r},0h${2.4 * r}m${-1.2 * r},${-1.2 * r}v${2.4 * r}`,
  };

  const step = (span, count) => {
    const rough = span / count;
    const ten = 10 ** Math.floor(Math.log10(rough));
    return ten * [1, 2, 5, 10].find((times) => times * ten >= 0.8 * rough);
  };

  // Where an axis is labelled: at round numbers, or at named places as far apart as their words need.
  const ticks = (axis, room, upright) => {
    if (axis.labels) {
      const widest = upright ? 15 : 7 * Math.max(...axis.labels.map((label) => label.length)) + 18;
      const fits = Math.max(1, Math.floor(room / widest));
      const apart = STEPS.find((one) => axis.labels.length / one <= fits) ?? axis.labels.length;
      return axis.labels.map((label, place) => [place, label]).filter(([place]) => place % apart === 0);
    }
    const each = step(axis.high - axis.low, upright ? 5 : Math.max(4, Math.min(8, room / 60)));
    const digits = Math.max(0, -Math.floor(Math.log10(each) + 1e-9));
    const found = [];
    for (let n = Math.ceil(axis.low / each - 1e-9); n * each <= axis.high + 1e-9 * each; n += 1) {
      const text = Math.abs(n * each).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
      found.push([n * each, (n < 0 ? "−" : "") + text]);
    }
    return found;
  };

  const MARKS = {
    line: ({ at: points }, x, y) => {
      let pen = "M";
      const path = points.map(([a, b]) => {
        if (b === null) return ((pen = "M"), "");
        const part = `${pen}${at(x(a))},${at(y(b))}`;
        pen = "L";
        return part;
      });
      return [create("path", { d: path.join("") })];
    },
    area: ({ at: points }, x, y) => {
      const there = points.map(([a, , high]) => `${at(x(a))},${at(y(high))}`);
      const back = points.map(([a, low]) => `${at(x(a))},${at(y(low))}`).reverse();
      return [create("path", { d: `M${[...there, ...back].join("L")}z` })];
    },
    points: ({ at: points, shape, size = 4 }, x, y) =>
      points.map(([a, b]) => create("path", { d: `M${at(x(a))},${at(y(b))}${OUTLINES[shape](size)}` })),
    rules: ({ at: rules }, x, y) => [
      create("path", { d: rules.map(([a, low, high]) => `M${at(x(a))},${at(y(low))}V${at(y(high))}`).join("") }),
    ],
    "rules-across": ({ at: rules }, x, y) => [
      create("path", { d: rules.map(([from, to, b]) => `M${at(x(from))},${at(y(b))}H${at(x(to))}`).join("") }),
    ],
    bars: ({ at: bars }, x, y) =>
      bars.map(([left, right, low, high]) =>
        create("rect", { x: at(x(left)), y: at(y(high)), width: at(x(right) - x(left)), height: at(y(low) - y(high)) })),
    text: ({ at: words, anchor = "start", dx = 0, dy = 0 }, x, y, width) =>
      words.map(([a, b, text]) => {
        const over = anchor === "start" && x(a) + dx + 7 * text.length > width; // the other side has room
        return create("text", { x: at(x(a) + (over ? -dx : dx)), y: at(y(b) + dy), "text-anchor": over ? "end" : anchor }, text);
      }),
  };

  const draw = (svg, chart, width, height) => {
    const room = { top: 8, right: 10, bottom: 24 };
    const upright = ticks(chart.y, height - 32, true);
    room.left = Math.max(...upright.map(([, text]) => 6.8 * text.length), 8) + 12;
    const scale = (axis, from, to) => (value) => from + ((value - axis.low) / (axis.high - axis.low)) * (to - from);
    const x = scale(chart.x, room.left, width - room.right);
    const y = scale(chart.y, height - room.bottom, room.top);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const axis = create("g", { class: "hs-axis" });
    axis.append(create("path", { d: `M${room.left},${room.top}V${height - room.bottom}H${width - room.right}` }));
    for (const [value, text] of upright) axis.append(create("text", { x: room.left - 8, y: at(y(value) + 4), "text-anchor": "end" }, text));
    for (const [value, text] of ticks(chart.x, width - room.left - room.right, false)) {
      const half = 3.4 * text.length; // a label stays inside the drawing
      const middle = Math.min(Math.max(x(value), half), width - half);
      axis.append(create("path", { d: `M${at(x(value))},${height - room.bottom}v4` }));
      axis.append(create("text", { x: at(middle), y: height - 6, "text-anchor": "middle" }, text));
    }
    const marks = chart.marks.map((mark) => {
      const group = create("g", { class: `hs-${mark.kind} hs-${mark.ink}${mark.look ? ` hs-${mark.look}` : ""}` });
      group.append(...MARKS[mark.kind](mark, x, y, width));
      return group;
    });
    const cursor = create("g", { class: "hs-cursor" });
    svg.replaceChildren(axis, ...marks, cursor);
    return { x, y, cursor, room, width, height };
  };

  const legend = (place, entries) => {
    place.replaceChildren();
    for (const { ink, shape, look, text } of entries) {
      const entry = add(place, "span");
      const icon = create("svg", { width: 14, height: 14, "aria-hidden": "true" });
      const group = create("g", { class: `hs-points hs-${ink}${look ? ` hs-${look}` : ""}` });
      group.append(create("path", { d: `M7,7${OUTLINES[shape](4)}` }));
      icon.append(group);
      entry.append(icon, text);
    }
  };

  const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-weight"];
  const LINE = 17; // px of a line of words in a file, whose letters are about 6.1 px wide, as in drawings.py

  // A copy that needs no page: each mark carries the look that explore.css gives it.
  const copied = (svg, attributes) => {
    const copy = svg.cloneNode(true);
    const marks = svg.querySelectorAll("path, rect, text");
    copy.querySelectorAll("path, rect, text").forEach((mark, place) => {
      const look = getComputedStyle(marks[place]);
      for (const name of LOOK) mark.setAttribute(name, look.getPropertyValue(name));
    });
    copy.querySelector(".hs-cursor")?.remove();
    for (const [key, value] of Object.entries(attributes)) copy.setAttribute(key, value);
    return copy;
  };

  const wrapped = (text, width) => {
    const lines = [""];
    for (const word of text.split(/\s+/)) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (6.1 * longer.length <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  };

  // The charts of the frames as they are now, in one file: title and sentence above them, notes below, in the light
  // colours of the other downloads.
  const file = (frames, { title, sentence, notes }) => {
    const { dataset } = document.documentElement;
    const theme = dataset.theme;
    dataset.theme = "light";
    const ink = getComputedStyle(document.documentElement);
    const [paper, text] = ["--hs-paper", "--hs-text"].map((name) => ink.getPropertyValue(name).trim());
    const width = Math.max(...frames.map((frame) => frame.querySelector(".hs-live svg").clientWidth));
    const whole = create("svg", { width, "font-family": "Inter, sans-serif", "font-size": 12, fill: text });
    let down = 4;
    const write = (words, attributes = {}) => {
      for (const line of words ? wrapped(words, width - 16) : []) {
        down += LINE;
        whole.append(create("text", { x: 8, y: down, ...attributes }, line));
      }
    };
    whole.append(create("title", {}, title), create("desc", {}, sentence));
    whole.append(create("rect", { width: "100%", height: "100%", fill: paper }));
    write(title, { "font-weight": 600 });
    write(sentence);
    for (const frame of frames) {
      const [above, below] = frame.querySelectorAll(".hs-measure");
      const svg = frame.querySelector(".hs-live svg");
      down += 8;
      write(above.textContent);
      whole.append(copied(svg, { y: down + 6 }));
      down += 6 + svg.clientHeight;
      write(below.textContent, { x: width - 10, "text-anchor": "end" });
      let across = 8;
      for (const entry of frame.querySelectorAll(".hs-legend > span")) {
        const room = 34 + 6.1 * entry.textContent.length;
        if (across === 8 || across + room > width) [across, down] = [8, down + LINE];
        whole.append(copied(entry.querySelector("svg"), { x: across, y: down - 11 }));
        whole.append(create("text", { x: across + 18, y: down }, entry.textContent));
        across += room;
      }
    }
    down += 8;
    notes.forEach((note) => write(note));
    whole.setAttribute("height", down + 12);
    whole.setAttribute("viewBox", `0 0 ${width} ${down + 12}`);
    if (theme === undefined) delete dataset.theme;
    else dataset.theme = theme;
    return `${new XMLSerializer().serializeToString(whole)}\n`;
  };

  const open = (place, name, [wide, narrow]) => {
    const frame = add(place, "div", { class: "hs-frame" });
    const title = add(frame, "p", { class: "hs-measure" });
    const live = add(frame, "div", { class: "hs-live", role: "img" });
    const svg = create("svg", { "aria-hidden": "true" }); // the place says it all; marks one by one would say nothing
    live.append(svg);
    const below = add(frame, "p", { class: "hs-measure hs-below" });
    const keys = add(frame, "p", { class: "hs-legend" });
    const reading = add(frame, "div", { class: "hs-reading" });
    const slider = add(reading, "input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Read values", "aria-valuetext": PROMPT });
    const words = add(reading, "span", { "aria-hidden": "true" }, PROMPT); // the slider says the same
    let [chart, scales, reads] = [null, null, false];

    const point = () => {
      scales.cursor.replaceChildren();
      const here = chart.readings[Number(slider.value)];
      const text = reads && here ? here.text : PROMPT;
      words.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      if (!reads || !here) return;
      const { x, y, room, width, height } = scales;
      const d = chart.along === "y"
        ? `M${room.left},${at(y(here.y))}H${width - room.right}`
        : `M${at(x(here.x))},${room.top}V${height - room.bottom}`;
      scales.cursor.append(create("path", { d }));
      if (here.x !== undefined && Number.isFinite(here.y) && chart.along !== "y") {
        scales.cursor.append(create("path", { d: `M${at(x(here.x))},${at(y(here.y))}${OUTLINES.circle(7)}` }));
      }
    };
    const redraw = () => {
      const width = live.clientWidth;
      if (!chart || !width) return;
      scales = draw(svg, chart, width, width < NARROW && innerWidth < 768 ? narrow : wide);
      point();
    };
    const nearest = ({ clientX, clientY }) => {
      const box = svg.getBoundingClientRect();
      const far = ({ x, y }) =>
        chart.along === "y" ? Math.abs(scales.y(y) - clientY + box.top) : Math.abs(scales.x(x) - clientX + box.left);
      const all = chart.readings.map(far);
      slider.value = all.indexOf(Math.min(...all));
      reads = true;
      point();
    };
    svg.addEventListener("pointermove", nearest);
    svg.addEventListener("pointerdown", nearest);
    slider.addEventListener("input", () => ((reads = true), point()));
    slider.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") reads = false;
      else if (key.startsWith("Arrow") || key === "Home" || key === "End") reads = true;
      point();
    });
    new ResizeObserver(redraw).observe(live);
    return {
      name,
      frame,
      show: (next, sentence) => {
        chart = next;
        title.textContent = chart.y.title ?? "";
        below.textContent = chart.x.title ?? "";
        slider.max = chart.readings.length - 1;
        slider.setAttribute("aria-label", `Read values: ${chart.y.title || chart.x.title}`);
        live.setAttribute("aria-label", sentence);
        legend(keys, chart.legend ?? []);
        redraw();
      },
    };
  };

  globalThis.hsDraw = { open, file, ticks };
})();
