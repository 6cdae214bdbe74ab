// What the explorers compute, as the package does: healthsys.spc.charts, healthsys.queueing and
// healthsys.pay. Each model takes what the page carries and the values of the controls, and returns a state:
// sentence, numbers (name: [value, text]), rows of the table, data and signals of the charts, outputs and limits of
// the controls. tests/test_functional_explorers.py compares them with the package at many positions.
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

  const xmr = (values, { rebase, shift, trend, screen }) => {
    const parts = rebase ? [values.slice(0, rebase), values.slice(rebase)] : [values];
    const segments = parts.map((part) => {
      const known = part.filter((value) => value !== null);
      const centre = mean(known);
      const slack = slackOf(part);
      const usual = usualValue(known, slack);
      const half = LIMIT_FACTOR * meanMovingRange(part, screen, slack, usual === null ? 0 : Math.abs(usual - centre));
      return { points: known.length, mean: centre, lpl: centre - half, upl: centre + half, part, half, usual, slack };
    });
    const points = segments.flatMap(({ part, mean: centre, lpl, upl, half, usual, slack }, number) => {
      const signals = rulesBroken(part, centre, half, usual, slack, trend, shift);
      return part.map((value, place) => ({ value, segment: number + 1, mean: centre, lpl, upl, signal: signals[place] }));
    });
    return { points, segments };
  };

  const controlChart = (inputs, { rebase, shift, trend, screen }) => {
    const { values, labels, times, period, digits, sign } = inputs;
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
      data: { points: points.map((point, place) => ({ time: times[place], ...point })) },
      outputs: { rebase: begins ? labels[begins] : "never" },
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
    for (let n = Math.max(1, Math.min(beds, needed) - inputs.margin); n <= Math.max(beds, needed) + inputs.margin; n += 1) {
      curve.push({ beds: n, full: 100 * erlangB(load, n), accepted });
    }
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
      data: { curve },
      signals: { beds, needed },
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
      data: {
        bands: band.flatMap((name, place) => ["women", "men"].map((sex) => ({ band: name, sex, people: groups[sex][place] }))),
        quarters: QUARTERS.flatMap((quarter, place) => [
          { quarter, sex: "women", share: now.quarters[place] },
          { quarter, sex: "men", share: 100 - now.quarters[place] },
        ]),
      },
      limits: { people: origin === to ? 0 : most },
    };
  };

  globalThis.hsExplorers = { "control-chart": controlChart, "bed-slack": bedSlack, "pay-gap": payGap };
})();
