// What the explorers compute, as the package does: healthsys.spc.charts, healthsys.queueing, healthsys.pay, and counts
// over what healthsys.its and healthsys.panel have computed. Each model takes what the page carries and the values of the
// controls, and returns a state: sentence, numbers (name: [value, text]), rows of the table, charts (axes, marks and the
// words of each value; the axes are the same at every position), outputs and limits of the controls.
// tests/test_functional_explorers.py compares them with the package at many positions.
(() => {
  "use strict";

  // Text of a number as Python formats it: an exact half goes to the even digit, where toFixed goes up.
  const fixed = (value, digits) => {
    const size = Math.abs(value);
    const half = (size * 10 ** digits) % 1 === 0.5 && Number.isInteger(size * 2 ** (digits + 1));
    const even = half && Math.floor(size * 10 ** digits) % 2 === 0;
    const text = even ? (Math.floor(size * 10 ** digits) / 10 ** digits).toFixed(digits) : size.toFixed(digits);
    const [whole, part] = text.split(".");
    const sign = value < 0 && Number(text) !== 0 ? "−" : "";
    return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
  };
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const counted = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;

  // ---- control chart (XmR) ----
  const RULES = ["outside limits", "trend", "two of three", "shift"];
  const [LIMIT_FACTOR, SCREEN_FACTOR, NEAR_SHARE] = [2.66, 3.267, 2 / 3];

  // Differences up to this share of the largest number compared are rounding, not a difference.
  const RELATIVE_TOLERANCE = 1e-12;
  const slackOf = (values) => RELATIVE_TOLERANCE * Math.max(...values.filter((value) => value !== null).map(Math.abs));
  const signOf = (difference, slack) => (Math.abs(difference) <= slack ? 0 : Math.sign(difference));

  // The value that more than half of the points share, if there is one: the level of a process with single exceptions.
  const usualValue = (known, slack) => {
    const sorted = [...known].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return 2 * sorted.filter((value) => Math.abs(value - middle) <= slack).length > sorted.length ? middle : null;
  };

  // Screening is not applied where it would leave no variation, or limits that leave the usual value outside.
  const meanMovingRange = (values, screen, slack, apart) => {
    const known = values
      .map((value, place) => (place === 0 || value === null || values[place - 1] === null ? null : Math.abs(value - values[place - 1])))
      .filter((range) => range !== null);
    const all = mean(known);
    if (!screen || all <= slack) return all;
    const smaller = mean(known.filter((range) => range < SCREEN_FACTOR * all - slack));
    return smaller <= slack || LIMIT_FACTOR * smaller + slack < apart ? all : smaller;
  };

  // Marks the members of unbroken runs of one sign; span is 1 where a sign is a step between two points.
  const runs = (signs, length, span) => {
    const marked = new Array(signs.length + span).fill(0);
    let start = 0;
    for (let place = 1; place <= signs.length; place += 1) {
      if (place < signs.length && signs[place] === signs[start] && signs[start] !== null) continue;
      if (place - start >= length && Math.abs(signs[start]) === 1) marked.fill(signs[start], start, place + span);
      start = place;
    }
    return marked;
  };

  const twoOfThree = (side, near) => {
    const marked = new Array(side.length).fill(0);
    for (let start = 0; start + 2 < side.length; start += 1) {
      const window = [start, start + 1, start + 2];
      if (Math.abs(window.reduce((sum, place) => sum + side[place], 0)) !== 3) continue;
      const close = window.filter((place) => near[place]);
      if (close.length >= 2) close.forEach((place) => (marked[place] = side[start]));
    }
    return marked;
  };

  const rulesBroken = (values, centre, half, level, slack, trendLength, shiftLength) => {
    const known = values.map((value) => value !== null);
    const sides = (from) => values.map((value, place) => (known[place] ? signOf(value - from, slack) : 0));
    const side = sides(centre);
    const away = values.map((value, place) => (known[place] ? Math.abs(value - centre) : 0));
    const outside = away.map((distance) => distance > half + slack);
    const near = away.map((distance, place) => !outside[place] && distance > half * NEAR_SHARE + slack);
    const steps = values.slice(1).map((value, place) =>
      known[place] && known[place + 1] ? signOf(value - values[place], slackOf([value, values[place]])) : null);
    const signs = [
      side.map((sign, place) => (outside[place] ? sign : 0)),
      runs(steps, trendLength - 1, 1),
      twoOfThree(side, near),
      runs(level === null ? side : sides(level), shiftLength, 0),
    ];
    return values.map((_, place) => RULES[signs.findIndex((sign) => sign[place] !== 0)] ?? "");
  };

  const segmentsOf = (values, { rebase, screen }) => {
    const parts = rebase ? [values.slice(0, rebase), values.slice(rebase)] : [values];
    return parts.map((part) => {
      const known = part.filter((value) => value !== null);
      const centre = mean(known);
      const slack = slackOf(part);
      const usual = usualValue(known, slack);
      const half = LIMIT_FACTOR * meanMovingRange(part, screen, slack, usual === null ? 0 : Math.abs(usual - centre));
      return { points: known.length, mean: centre, lpl: centre - half, upl: centre + half, part, half, usual, slack };
    });
  };

  const xmr = (values, { rebase, shift, trend, screen }) => {
    const segments = segmentsOf(values, { rebase, screen });
    const points = segments.flatMap(({ part, mean: centre, lpl, upl, half, usual, slack }, number) => {
      const signals = rulesBroken(part, centre, half, usual, slack, trend, shift);
      return part.map((value, place) => ({ value, segment: number + 1, mean: centre, lpl, upl, signal: signals[place] }));
    });
    return { points, segments };
  };

  // An axis that holds these values with a little room, from one round number to another.
  const around = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const span = high - low || Math.abs(high) || 1;
    const each = 10 ** Math.floor(Math.log10(span)) / 2;
    return { low: Math.floor((low - span / 40) / each) * each, high: Math.ceil((high + span / 40) / each) * each };
  };

  // The limits of every position of the controls fit on one axis.
  const axes = new WeakMap();
  const chartAxis = (inputs) => {
    if (!axes.has(inputs)) {
      const { values, fewestInPart } = inputs;
      const seen = values.filter((value) => value !== null);
      for (let rebase = fewestInPart - 1; rebase <= values.length - fewestInPart; rebase += 1) {
        for (const screen of [true, false]) {
          const segments = segmentsOf(values, { rebase: rebase >= fewestInPart ? rebase : 0, screen });
          seen.push(...segments.flatMap(({ lpl, upl }) => [lpl, upl]).filter(Number.isFinite));
        }
      }
      axes.set(inputs, around(seen));
    }
    return axes.get(inputs);
  };

  const SHAPES = ["circle", "triangle", "x", "plus"];
  const LOOKS = { published: ["square", "solid"], official: ["square", "solid"], yours: ["diamond", "open"] };

  const shortMonth = (label) => label.replace(/^([A-Z][a-z]{2})[a-z]+ (?=\d{4}$)/, "$1 ");

  const drawnChart = (inputs, points, show) => {
    const { labels, kind, title } = inputs;
    const ends = (number) => [points.findIndex((p) => p.segment === number), points.findLastIndex((p) => p.segment === number)];
    const parts = [...new Set(points.map((point) => point.segment))].map(ends);
    const level = (of, ink, look) => ({
      kind: "rules-across", ink, look,
      at: parts.map(([first, last]) => [first - 0.5, last + 0.5, of(points[first])]),
    });
    const near = (limit) => (point) => point.mean + (point[limit] - point.mean) * NEAR_SHARE;
    const [shape, look] = LOOKS[kind] ?? ["square", "open"];
    const calm = points.flatMap((point, place) => (point.value !== null && !point.signal ? [[place, point.value]] : []));
    const marked = RULES.map((rule) => points.flatMap((point, place) => (point.signal === rule ? [[place, point.value]] : [])));
    return {
      x: { low: -0.5, high: labels.length - 0.5, labels: labels.map(shortMonth) },
      y: { ...chartAxis(inputs), title },
      marks: [
        level(near("lpl"), "faint"), level(near("upl"), "faint"),
        level((point) => point.mean, "context"), level((point) => point.lpl, "context", "dashed"),
        level((point) => point.upl, "context", "dashed"),
        { kind: "line", ink: "subject", at: points.map((point, place) => [place, point.value]) },
        { kind: "points", ink: "subject", look, shape, size: 3.2, at: calm },
        ...marked.map((at, place) => ({ kind: "points", ink: "comparison", look: "solid", shape: SHAPES[place], size: 4.6, at })),
      ],
      legend: RULES.map((text, place) => ({ ink: "comparison", look: "solid", shape: SHAPES[place], text })),
      readings: points.map((point, place) => ({
        x: place,
        y: point.value ?? NaN,
        text: point.value === null
          ? `${labels[place]}: no value`
          : `${labels[place]}: ${show(point.value)}, ${point.signal || "no special cause"} ` +
            `(mean ${show(point.mean)}, limits ${show(point.lpl)} to ${show(point.upl)})`,
      })),
    };
  };

  const controlChart = (inputs, { rebase, shift, trend, screen }) => {
    const { values, labels, period, digits, sign } = inputs;
    const begins = rebase >= inputs.fewestInPart ? rebase : 0;
    const { points, segments } = xmr(values, { rebase: begins, shift, trend, screen });
    const show = (value) => `${fixed(value, digits)}${sign}`;
    const counts = RULES.map((rule) => points.filter((point) => point.signal === rule).length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const numbers = { signals: [total, `${total}`] };
    RULES.forEach((rule, place) => (numbers[rule.replaceAll(" ", "_")] = [counts[place], `${counts[place]}`]));
    const labelled = {};
    segments.forEach((segment, number) => {
      const where = segments.length === 1 ? "" : [" before", " after"][number];
      for (const [name, label] of [["mean", "mean"], ["lpl", "lower limit"], ["upl", "upper limit"]]) {
        numbers[`${name}_${number + 1}`] = [segment[name], show(segment[name])];
        labelled[`${name}_${number + 1}`] = label + where;
      }
    });
    const start = begins ? `With limits recalculated from ${labels[begins]}` : "With one set of limits";
    const level = begins
      ? `The mean goes from ${show(segments[0].mean)} to ${show(segments[1].mean)}.`
      : `The mean is ${show(segments[0].mean)}.`;
    const named = RULES.map((rule, place) => (counts[place] ? `${rule} ${counts[place]}` : "")).filter(Boolean).join(", ");
    const observed = values.filter((value) => value !== null).length;
    const few = segments.filter((segment) => segment.points < inputs.fewest).map((segment) => segment.points);
    return {
      sentence:
        `${start}, ${total} of ${observed} ${period}s show special-cause variation${named ? ` (${named})` : ""}. ${level}` +
        (few.length ? ` Limits based on ${few.join(" and ")} points are provisional.` : ""),
      numbers,
      labels: labelled,
      rows: points.map((point, place) => [
        labels[place],
        ...["value", "mean", "lpl", "upl"].map((name) => (point[name] === null ? "–" : fixed(point[name], digits))),
        point.signal || "none",
      ]),
      charts: { "chart-to-move": drawnChart(inputs, points, show) },
      limits: { rebase: Math.max(inputs.fewestInPart - 1, values.length - inputs.fewestInPart) },
      outputs: { rebase: begins ? labels[begins] : "never" },
    };
  };

  // Numbers that a reader pastes: one column, or a label and a number. Throws a sentence that names the line.
  const [FEWEST_OWN, MOST_OWN, MISSING] = [6, 500, /^(|-|–|\.|na|n\/a|nan|null)$/i];
  const NUMBER = /^[+−-]?\d+([.,]\d+)?\s*%?$/;
  const ownSeries = (text) => {
    const lines = text.split(/\r\n|\r|\n/).map((line, place) => ({ line: line.trim(), number: place + 1, raw: line }));
    const kept = lines.filter(({ line }) => line !== "");
    const wrong = ({ number }, what) => new Error(`Line ${number}: ${what}`);
    if (!kept.length) throw new Error("There are no numbers. Paste one column of numbers, or two columns: a label and a number.");
    const separator = ["\t", ";"].find((one) => kept.some(({ line }) => line.includes(one))) ?? ",";
    const commas = separator === "," && kept.filter(({ line }) => /^[+−-]?\d+,\d+\s*%?$/.test(line));
    const single = commas && commas.length > 0 && kept.every(({ line }) => NUMBER.test(line) || !/\d,/.test(line));
    if (single) {
      const fields = commas.map(({ line }) => line.split(","));
      const counts = fields.length > 1 && fields.every(([first], place) => place === 0 || Number(first) === Number(fields[place - 1][0]) + 1);
      if (counts || fields.every(([, second]) => /^\d{3}$/.test(second))) {
        throw wrong(commas[0], `"${commas[0].line}" can mean two things. Write decimals with a point, leave out thousands ` +
          "separators, and separate two columns with a tab or a semicolon.");
      }
    }
    const rows = kept.map((one) => {
      const fields = (separator === "\t" ? one.raw : one.line).split(single ? "\n" : separator).map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
      if (fields.length > 2) throw wrong(one, `it has ${fields.length} columns. Allowed: one column of numbers, or two: a label and a number.`);
      return { ...one, fields };
    });
    const last = ({ fields }) => fields.at(-1);
    const heading = !NUMBER.test(last(rows[0])) && !MISSING.test(last(rows[0])) && !/\d/.test(last(rows[0])) ? rows.shift() : null;
    const columns = rows[0]?.fields.length;
    const values = rows.map((row) => {
      const field = last(row);
      if (row.fields.length !== columns) {
        throw wrong(row, `it has ${row.fields.length === 1 ? "one column" : "two columns"}, but the lines above have ${columns === 1 ? "one" : "two"}.`);
      }
      if (MISSING.test(field)) return null;
      const number = Number(field.replace("−", "-").replace(",", ".").replace("%", ""));
      if (!NUMBER.test(field) || Math.abs(number) > 1e12) {
        throw wrong(row, `"${field.slice(0, 40)}" is not a number. Allowed: digits with a decimal point or a decimal comma, such as 93.5, or NA for a missing value.`);
      }
      return number;
    });
    const observed = values.filter((value) => value !== null).length;
    const neighbours = values.some((value, place) => place > 0 && value !== null && values[place - 1] !== null);
    if (observed < FEWEST_OWN || values.length > MOST_OWN) {
      throw new Error(`There are ${observed < FEWEST_OWN ? observed : values.length} numbers. Allowed: ${FEWEST_OWN} to ${MOST_OWN}.`);
    }
    if (!neighbours) throw new Error("No two numbers follow each other without a gap, so there is no moving range.");
    const decimals = rows.map((row) => /[.,](\d+)/.exec(last(row))?.[1].length ?? 0);
    return {
      values,
      labels: rows.map(({ fields }, place) => (columns === 1 ? `${place + 1}` : fields[0].slice(0, 30))),
      period: "point",
      title: (heading && last(heading).slice(0, 60)) || "your numbers",
      kind: "yours",
      sign: rows.every((row) => MISSING.test(last(row)) || last(row).endsWith("%")) ? "%" : "",
      digits: Math.min(4, Math.max(...decimals) + 1),
      fewestInPart: 6,
      fewest: 12,
    };
  };

  // ---- bed slack (Erlang) ----
  const erlangB = (load, beds) => {
    let blocked = 1;
    for (let n = 1; n <= beds; n += 1) blocked = (load * blocked) / (n + load * blocked);
    return blocked;
  };
  const smallestWard = (load, target) => {
    let blocked = 1;
    for (let n = 1; ; n += 1) {
      blocked = (load * blocked) / (n + load * blocked);
      if (blocked <= target) return n;
    }
  };
  const occupancy = (load, beds) => (load * (1 - erlangB(load, beds))) / beds;
  const waiting = (load, beds, stay) => {
    const blocked = erlangB(load, beds);
    const chance = blocked / (1 - (load / beds) * (1 - blocked));
    return { chance, meanWait: (chance * stay) / (beds - load) };
  };

  const bedSlack = (inputs, { beds, arrivals, stay, accepted }) => {
    const load = arrivals * stay;
    const [full, used] = [erlangB(load, beds), occupancy(load, beds)];
    const needed = smallestWard(load, accepted / 100);
    const spared = 1000 * (full - erlangB(load, beds + 1));
    const queue = load < beds ? waiting(load, beds, stay) : null;
    const none = [null, "no limit: more patients arrive than leave"];
    const further = [0, 1, 2, 3, 4, 5].map((more) => beds + more);
    const curve = [];
    for (let n = 1; n <= inputs.most; n += 1) curve.push([n, 100 * erlangB(load, n)]);
    const target = needed <= inputs.most ? [[needed, 100 * erlangB(load, needed)]] : [];
    return {
      sentence:
        `With ${counted(beds, "bed")}, ${fixed(arrivals, 1)} arrivals per day and an average stay of ${fixed(stay, 1)} days, ` +
        `${fixed(100 * full, 1)}% of patients are turned away and ${fixed(100 * used, 1)}% of beds are in use on average. ` +
        `With one more bed, ${fixed(spared, 0)} fewer per 1,000 would be turned away. ` +
        `To turn away no more than ${fixed(accepted, 0)}% takes ${counted(needed, "bed")}.`,
      numbers: {
        load: [load, fixed(load, 2)],
        full: [100 * full, `${fixed(100 * full, 1)}%`],
        used: [100 * used, `${fixed(100 * used, 1)}%`],
        slack: [100 * (1 - used), `${fixed(100 * (1 - used), 1)}%`],
        weekly: [7 * arrivals * full, fixed(7 * arrivals * full, 1)],
        spared: [spared, fixed(spared, 1)],
        needed: [needed, `${needed}`],
        must_wait: queue ? [100 * queue.chance, `${fixed(100 * queue.chance, 1)}%`] : none,
        mean_wait: queue ? [24 * queue.meanWait, `${fixed(24 * queue.meanWait, 1)} hours`] : none,
      },
      rows: further.map((n) => [
        `${n}`,
        fixed(100 * erlangB(load, n), 1),
        fixed(100 * occupancy(load, n), 1),
        fixed(1000 * erlangB(load, n), 0),
        n === beds ? "–" : fixed(1000 * (erlangB(load, n - 1) - erlangB(load, n)), 1),
      ]),
      charts: {
        "risk-by-beds": {
          x: { low: 0, high: inputs.most, title: "beds" },
          y: { low: 0, high: 100, title: "Patients turned away (%)" },
          marks: [
            { kind: "rules-across", ink: "context", look: "dashed", at: [[0, inputs.most, accepted]] },
            { kind: "line", ink: "subject", look: "thick", at: curve },
            { kind: "points", ink: "comparison", look: "solid", shape: "circle", size: 5.5, at: [[beds, 100 * full]] },
            { kind: "points", ink: "third", look: "solid", shape: "triangle", size: 5, at: target },
            { kind: "text", ink: "comparison", dx: 10, dy: -22, at: [[beds, 100 * full, `this ward: ${counted(beds, "bed")}`]] },
            { kind: "text", ink: "third", dx: 10, dy: -8, at: target.map(([n, share]) => [n, share, `target met: ${counted(n, "bed")}`]) },
          ],
          readings: curve.map(([n, share]) => ({
            x: n,
            y: share,
            text: `${counted(n, "bed")}: ${fixed(share, 1)}% turned away, ${fixed(100 * occupancy(load, n), 1)}% of beds in use`,
          })),
        },
      },
    };
  };

  // ---- pay gap ----
  const QUARTERS = ["lower", "lower middle", "upper middle", "upper"];
  const ONE_MORE = [[], [0], [0, 2], [0, 1, 2]];

  // The middle of a distribution held as counts by rate, lowest rate first.
  const middle = (rates, counts) => {
    const people = counts.reduce((sum, count) => sum + count, 0);
    const at = (place) => {
      let below = 0;
      return rates[counts.findIndex((count) => (below += count) > place)];
    };
    return (at(Math.floor((people - 1) / 2)) + at(Math.floor(people / 2))) / 2;
  };
  const average = (rates, counts) =>
    rates.reduce((sum, rate, place) => sum + rate * counts[place], 0) / counts.reduce((sum, count) => sum + count, 0);

  // Women of one rate over the places its people take: in proportion, the largest remainder first.
  const shareOut = (places, women, people) => {
    const given = places.map((place) => Math.floor((place * women) / people));
    const left = places.map((place) => (place * women) % people);
    const order = [0, 1, 2, 3].sort((one, other) => left[other] - left[one] || one - other);
    const rest = women - given.reduce((sum, count) => sum + count, 0);
    order.slice(0, rest).forEach((quarter) => (given[quarter] += 1));
    return given;
  };

  // Quarters of the regulations: women in each, people on one rate shared over a boundary.
  const payQuarters = (women, men) => {
    const people = women.map((count, place) => count + men[place]);
    const all = people.reduce((sum, count) => sum + count, 0);
    const sizes = QUARTERS.map((_, quarter) => Math.floor(all / 4) + ONE_MORE[all % 4].includes(quarter));
    const ends = sizes.reduce((found, size) => [...found, found.at(-1) + size], [0]);
    const inQuarter = [0, 0, 0, 0];
    let start = 0;
    people.forEach((count, place) => {
      const places = sizes.map((_, q) => Math.max(0, Math.min(start + count, ends[q + 1]) - Math.max(start, ends[q])));
      if (count) shareOut(places, women[place], count).forEach((given, quarter) => (inQuarter[quarter] += given));
      start += count;
    });
    return inQuarter.map((count, quarter) => (100 * count) / sizes[quarter]);
  };

  const payMeasures = (rates, women, men) => {
    const found = { quarters: payQuarters(women, men) };
    for (const [name, of] of [["mean", average], ["median", middle]]) {
      const [high, low] = [of(rates, men), of(rates, women)];
      found[name] = { men: high, women: low, gap: (100 * (high - low)) / high };
    }
    return found;
  };

  const SEXES = [
    { ink: "subject", look: "solid", shape: "square", text: "women" },
    { ink: "context", look: "solid", shape: "square", text: "men" },
  ];

  // The highest bar that any one move can make stays on the axis.
  const drawnBands = ({ bands }, { women, men }) => {
    const highest = ["women", "men"].map((sex) => [...bands[sex]].sort((a, b) => b - a).slice(0, 2).reduce((sum, n) => sum + n, 0));
    const bars = (counts, left) => counts.map((count, place) => [place + left, place + left + 0.38, 0, count]);
    return {
      x: { low: -0.5, high: bands.band.length - 0.5, labels: bands.band, title: "pay band" },
      y: { low: 0, high: around([0, ...highest]).high, title: "People" },
      marks: [
        { kind: "bars", ink: "subject", at: bars(women, -0.39) },
        { kind: "bars", ink: "context", at: bars(men, 0.01) },
      ],
      legend: SEXES,
      readings: bands.band.map((name, place) => ({ x: place, text: `Band ${name}: ${women[place]} women, ${men[place]} men` })),
    };
  };
  const drawnQuarters = (shares) => ({
    x: { low: 0, high: 100, title: "" },
    y: { low: -0.5, high: 3.5, labels: QUARTERS, title: "People in each quarter of pay (%)" },
    along: "y",
    marks: [
      { kind: "bars", ink: "subject", at: shares.map((share, place) => [0, share, place - 0.35, place + 0.35]) },
      { kind: "bars", ink: "context", at: shares.map((share, place) => [share, 100, place - 0.35, place + 0.35]) },
      { kind: "text", ink: "paper", dx: 6, dy: 4, at: shares.map((share, place) => [0, place, `${fixed(share, 1)}%`]) },
    ],
    readings: shares.map((share, place) => ({
      y: place,
      text: `${QUARTERS[place][0].toUpperCase()}${QUARTERS[place].slice(1)} quarter: ${fixed(share, 1)}% women, ${fixed(100 - share, 1)}% men`,
    })),
  });

  const payGap = (inputs, { who, origin, to, people }) => {
    const { band, rate } = inputs.bands;
    const before = payMeasures(rate, inputs.bands.women, inputs.bands.men);
    const groups = { women: [...inputs.bands.women], men: [...inputs.bands.men] };
    const most = Math.floor(groups[who][band.indexOf(origin)] / inputs.step) * inputs.step;
    const going = origin === to ? 0 : Math.min(people, most);
    groups[who][band.indexOf(origin)] -= going;
    groups[who][band.indexOf(to)] += going;
    const now = payMeasures(rate, groups.women, groups.men);
    const percent = (value) => `${fixed(value, 1)}%`;
    const numbers = {};
    for (const name of ["mean", "median"]) {
      numbers[`${name}_gap`] = [now[name].gap, percent(now[name].gap)];
      numbers[`${name}_men`] = [now[name].men, `£${fixed(now[name].men, 2)}`];
      numbers[`${name}_women`] = [now[name].women, `£${fixed(now[name].women, 2)}`];
    }
    QUARTERS.forEach((name, quarter) => (numbers[name.replace(" ", "_")] = [now.quarters[quarter], percent(now.quarters[quarter])]));
    const upper = `${percent(now.quarters[3])} of the upper quarter are women.`;
    return {
      sentence: going
        ? `With ${going} ${who} moved from band ${origin} to band ${to}, the mean gap is ${percent(now.mean.gap)} ` +
          `(before: ${percent(before.mean.gap)}) and the median gap ${percent(now.median.gap)} (before: ${percent(before.median.gap)}); ${upper}`
        : `Before any move, the mean gap is ${percent(now.mean.gap)} and the median gap ${percent(now.median.gap)}; ${upper}`,
      numbers,
      rows: band.map((name, place) => {
        const [women, men] = [groups.women[place], groups.men[place]];
        return [name, `£${fixed(rate[place], 2)}`, fixed(women, 0), fixed(men, 0), women + men ? fixed((100 * women) / (women + men), 1) : "–"];
      }),
      charts: { "people-by-band": drawnBands(inputs, groups), "quarters-to-move": drawnQuarters(now.quarters) },
      limits: { people: origin === to ? 0 : most },
    };
  };

  // ---- does the interval contain the truth? ----
  const intervals = (inputs, { months, rho, method, step, one }) => {
    const { names, count, start, slope, trend, axis } = inputs;
    const cell = inputs.cells[`${months}|${rho}`];
    const inside = ({ error, half }) => error.map((off, place) => Math.abs(off) <= half[place]);
    const held = inside(cell.methods[method]);
    const { error, half, recorded } = cell.methods[method];
    const contained = held.filter(Boolean).length;
    const width = (halves) => {
      const sorted = [...halves].sort((a, b) => a - b);
      return sorted[count / 2 - 1] + sorted[count / 2];
    };
    const at = one - 1;
    const [low, high] = [step + error[at] - half[at], step + error[at] + half[at]];
    const ends = `${fixed(low, 1)} to ${fixed(high, 1)}`;
    const rules = (keep) => error.flatMap((off, place) => (keep(place) ? [[place + 1, step + off - half[place], step + off + half[place]]] : []));
    const dots = (keep) => error.flatMap((off, place) => (keep(place) ? [[place + 1, step + off]] : []));
    const change = Number(months) / 2;
    const course = (t) => start + slope * t + (t >= change ? step + trend * (t - change) : 0);
    const values = cell.noise[at].map((noise, t) => course(t) + noise);
    const before = [[1, course(0)], [change, course(change - 1)]];
    const after = [[change + 1, course(change)], [Number(months), course(months - 1)]];
    return {
      sentence:
        `${contained} of these ${count} intervals contain the true change of ${fixed(step, 0)}. In ${inputs.series} simulated ` +
        `series of this kind the share was ${fixed(recorded, 1)}%; the intervals claim 95%. ` +
        `In series ${one} the interval is ${ends}, which ${held[at] ? "contains" : "misses"} the true change.`,
      numbers: {
        contained: [contained, `${contained} of ${count}`],
        recorded: [recorded, `${fixed(recorded, 1)}%`],
        short: [95 - recorded, fixed(95 - recorded, 1)],
        width: [width(half), fixed(width(half), 1)],
      },
      rows: Object.entries(cell.methods).map(([name, of]) =>
        [names[name], `${inside(of).filter(Boolean).length}`, fixed(of.recorded, 1), fixed(width(of.half), 1)]),
      charts: {
        "intervals-to-draw": {
          x: { low: 0, high: count + 1, title: "series" },
          y: { ...axis, title: "Estimated change of level, 95% confidence interval" },
          marks: [
            { kind: "rules-across", ink: "context", at: [[0, count + 1, step]] },
            { kind: "rules", ink: "subject", at: rules((place) => held[place]) },
            { kind: "rules", ink: "comparison", look: "thick", at: rules((place) => !held[place]) },
            { kind: "points", ink: "comparison", look: "solid", shape: "x", size: 2.6, at: dots((place) => !held[place]) },
          ],
          legend: [
            { ink: "subject", look: "solid", shape: "bar", text: "contains the true change" },
            { ink: "comparison", look: "solid", shape: "x", text: "misses it" },
          ],
          readings: error.map((off, place) => ({
            x: place + 1,
            y: step + off,
            text: `Series ${place + 1}: ${fixed(step + off, 1)} (${fixed(step + off - half[place], 1)} to ` +
              `${fixed(step + off + half[place], 1)}), ${held[place] ? "contains" : "misses"} the true change of ${fixed(step, 0)}`,
          })),
        },
        "series-to-draw": {
          x: { low: 0, high: Number(months) + 1, title: "month" },
          y: { ...inputs.values, title: `Series ${one}: simulated values (squares) and the true course (thick line)` },
          marks: [
            { kind: "line", ink: "subject", at: values.map((value, t) => [t + 1, value]) },
            { kind: "points", ink: "subject", look: "open", shape: "square", size: 2.4, at: values.map((value, t) => [t + 1, value]) },
            { kind: "line", ink: "comparison", look: "thick", at: before },
            { kind: "line", ink: "comparison", look: "thick", at: after },
          ],
          readings: values.map((value, t) => ({
            x: t + 1, y: value, text: `Month ${t + 1}: ${fixed(value, 1)}, true course ${fixed(course(t), 1)}`,
          })),
        },
      },
    };
  };

  // ---- how an association shrinks ----
  const association = (inputs, { comparison, more }) => {
    const { fits, bins, level } = inputs;
    const fit = fits[comparison];
    const plain = fits.none;
    const clear = fit.low > 0 || fit.high < 0;
    const slope = (of) => fixed(of.estimate, 2);
    const size = fixed(Math.abs(more * fit.estimate), 1);
    const way = fit.estimate < 0 ? "lower" : "higher";
    const between = [more * fit.low, more * fit.high].map((value) => fixed(value, 1));
    const share = (100 * fit.estimate) / plain.estimate;
    const drawn = bins[comparison];
    const [first, last] = [drawn[0].occupancy, drawn.at(-1).occupancy];
    const line = (x, of) => fit.middle.four_hour + of * (x - fit.middle.occupancy);
    const band = Array.from({ length: 21 }, (_, n) => first + ((last - first) * n) / 20);
    const rows = Object.entries(fits);
    return {
      sentence:
        `Comparing ${fit.said}, occupancy ${counted(more, "point")} higher goes with four-hour performance ${size} ` +
        `${size === "1.0" ? "point" : "points"} ${way} (difference, ${level}% CI ${between[0]} to ${between[1]}${clear ? "" : ", which includes zero"}).` +
        (comparison === "none" ? "" : ` The slope is ${fixed(share, 0)}% of the slope of all rows together.`),
      numbers: {
        slope: [fit.estimate, `${slope(fit)} (${fixed(fit.low, 2)} to ${fixed(fit.high, 2)})`],
        difference: [more * fit.estimate, fixed(more * fit.estimate, 1)],
        share: [share, `${fixed(share, 0)}%`],
        spread: [fit.spread, fixed(fit.spread, 1)],
      },
      rows: rows.map(([, of]) => [of.label, slope(of), fixed(of.low, 2), fixed(of.high, 2), fixed(of.spread, 1)]),
      charts: {
        "bins-to-compare": {
          x: { ...inputs.x, title: "occupancy of general and acute beds (%)" },
          y: { ...inputs.y, title: "Attendances within four hours (%)" },
          marks: [
            { kind: "points", ink: "context", look: "open", shape: "circle", size: 3, at: bins.none.map((bin) => [bin.occupancy, bin.four_hour]) },
            {
              kind: "area", ink: "subject",
              at: band.map((x) => [x, ...[line(x, fit.low), line(x, fit.high)].sort((a, b) => a - b)]),
            },
            { kind: "line", ink: "subject", look: "thick", at: [[first, line(first, fit.estimate)], [last, line(last, fit.estimate)]] },
            { kind: "points", ink: "subject", look: "solid", shape: "square", size: 4, at: drawn.map((bin) => [bin.occupancy, bin.four_hour]) },
          ],
          legend: [
            { ink: "subject", look: "solid", shape: "square", text: "this comparison, with its slope" },
            { ink: "context", look: "open", shape: "circle", text: "all rows together" },
          ],
          readings: drawn.map((bin) => ({
            x: bin.occupancy,
            y: bin.four_hour,
            text: `${bin.n} rows: occupancy ${fixed(bin.occupancy, 1)}%, within four hours ${fixed(bin.four_hour, 1)}%`,
          })),
        },
        "slopes-to-compare": {
          x: inputs.slopes,
          y: { low: -0.6, high: rows.length - 0.4, labels: rows.map(([, of]) => of.short).reverse(), title: "Points of four-hour performance for each point of occupancy" },
          along: "y",
          marks: [
            { kind: "rules", ink: "context", at: [[0, -0.6, rows.length - 0.4]] },
            ...rows.flatMap(([name, of], place) => {
              const ink = name === comparison ? "subject" : "context";
              const y = rows.length - 1 - place;
              return [
                { kind: "rules-across", ink, look: "thick", at: [[of.low, of.high, y]] },
                { kind: "points", ink, look: "solid", shape: "square", size: name === comparison ? 5 : 3.5, at: [[of.estimate, y]] },
              ];
            }),
          ],
          readings: rows.map(([, of], place) => ({
            y: rows.length - 1 - place,
            text: `${of.label}: ${slope(of)} (${level}% CI ${fixed(of.low, 2)} to ${fixed(of.high, 2)})`,
          })),
        },
      },
    };
  };

  globalThis.hsExplorers = {
    "control-chart": controlChart, "bed-slack": bedSlack, "pay-gap": payGap, intervals, association, ownSeries,
  };
})();
