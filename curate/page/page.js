
"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg", MATH = "http://www.w3.org/1998/Math/MathML";
  const $ = (id) => document.getElementById(id);

  // Elements. A string that is a child becomes a text node, whatever it holds; nothing here parses HTML.
  function add(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child.nodeType ? child : String(child));
    }
    return element;
  }
  const h = (name, attributes, ...children) => add(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) => add(document.createElementNS(SVG, name), attributes, children);

  const whole = new Intl.NumberFormat("en-US");
  const number = (n) => (n === null || n === undefined ? "" : whole.format(n));
  const brief = (n) => (n === null || n === undefined ? "" : Math.abs(n) < 1e4 ? whole.format(n)
    : Math.abs(n) < 1e6 ? (n / 1e3).toFixed(n < 1e5 ? 1 : 0) + "k" : Math.abs(n) < 1e9 ? (n / 1e6).toFixed(2) + "M" : (n / 1e9).toFixed(2) + "B");
  const percent = (x, digits = 1) => (100 * x).toFixed(digits) + "%";
  const score = (x) => (x === null || x === undefined ? "" : Number.isInteger(x) ? whole.format(x) : String(x));
  const signed = (n, show = number) => (n > 0 ? "+" : n < 0 ? "−" : "±") + show(Math.abs(n));
  const change = (share) => (share > 0 ? "+" : share < 0 ? "−" : "±") + percent(Math.abs(share));
  const short = (x) => String(Number(x.toPrecision(3)));
  const plural = (n, word) => number(n) + " " + word + (n === 1 ? "" : "s");
  const shell = (text) => (/["$`\\!]/.test(text) ? "'" + text.replaceAll("'", "'\\''") + "'" : '"' + text + '"');
  const width = (share) => (element) => { element.style.width = Math.max(0, Math.min(1, share)) * 100 + "%"; return element; };

  // Texts: strings, and numbers of formulas.
  function build(tree) {
    const element = document.createElementNS(MATH, tree[0]);
    for (const [name, value] of Object.entries(tree[1] || {})) element.setAttribute(name, value);
    for (const child of tree.slice(2)) element.append(typeof child === "string" ? child : build(child));
    return element;
  }
  function formula(place, plain) {
    const [source, block, tree] = DATA.formulas[place];
    if (plain || !tree) return h("code", { class: "tex" }, block ? "$$" + source + "$$" : "$" + source + "$");
    const element = build(tree);
    element.setAttribute("title", source);
    return element;
  }
  const source = (pieces) => pieces.map((piece) => (typeof piece === "string" ? piece : "$" + DATA.formulas[piece][0] + "$")).join("");
  function marked(text, words) {
    if (!words) return [text];
    const low = text.toLowerCase(), found = [];
    if (low.length !== text.length) return [text];
    let start = 0;
    for (let at = low.indexOf(words); at >= 0; at = low.indexOf(words, start)) {
      found.push(text.slice(start, at), h("mark", null, text.slice(at, at + words.length)));
      start = at + words.length;
    }
    return [...found, text.slice(start)];
  }
  function show(pieces, words) {
    return pieces.map((piece) => {
      if (typeof piece === "string") return marked(piece, words);
      const shown = formula(piece);
      return words && DATA.formulas[piece][0].toLowerCase().includes(words) ? h("mark", null, shown) : shown;
    });
  }
  function folding(body, short) {
    const text = h("div", { class: "text" + (short ? " short" : "") }, body);
    const more = h("button", { class: "more", type: "button", hidden: true, "aria-expanded": "false", onclick: () => {
      const open = text.classList.toggle("open");
      text.classList.toggle("fade", !open);
      more.textContent = open ? "Show less" : "Show more";
      more.setAttribute("aria-expanded", String(open));
    } }, "Show more");
    const box = h("div", null, text, more);
    fold.observe(text);
    return box;
  }
  const fold = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      if (target.classList.contains("open") || target.scrollHeight <= target.clientHeight + 4) continue;
      target.classList.add("fade");
      target.nextSibling.hidden = false;
      fold.unobserve(target);
    }
  });
  const facts = (values) => h("dl", { class: "values" }, Object.entries(values).map(([name, value]) =>
    h("div", null, h("dt", null, name), h("dd", null, typeof value === "number" ? score(value) : String(value)))));
  function card(one, { words, short, extra, level } = {}) {
    if (!one) return h("article", null, h("p", { class: "soft small" }, "This document is not stored here any more."));
    return h("article", null,
      h("header", null,
        h("span", { class: "badge" + (one.fate === "kept" ? " kept" : "") }, one.fate),
        extra && h("strong", null, extra), h("span", null, one.corpus),
        h("code", { title: one.id }, one.id.slice(0, 12)), one.url && h("span", null, marked(one.url, words))),
      one.error && h("p", { class: "small" }, one.error),
      folding([show(one.text, words), one.cut > 0 && h("span", { class: "soft small" }, ` … ${number(one.cut)} more characters`)], short),
      Object.keys(one.values).length > 0 && h("details", null, h("summary", { class: "small soft" }, "Scores"), facts(one.values)));
  }

  // The frame of the page.
  const sections = [];
  function section(id, title, about, ...children) {
    const element = h("section", { id, "aria-labelledby": id + "-title" }, h("h2", { id: id + "-title" }, title), about && h("p", { class: "soft" }, about), children);
    $("main").append(element);
    sections.push([id, title]);
    return element;
  }
  function table(caption, heads, rows, right = []) {
    const cls = (i) => (right.includes(i) ? "n" : null);
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", null, h("caption", { class: "hidden" }, caption),
        h("thead", null, h("tr", null, heads.map((head, i) => h("th", { scope: "col", class: cls(i) }, head)))),
        h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, i) => h(i ? "td" : "th", { scope: i ? null : "row", class: cls(i) }, cell)))))));
  }
  const select = (options, attributes) => h("select", attributes, options.map(([value, text]) => h("option", { value }, text)));
  const labelled = (text, control, cls) => h("label", { class: cls }, cls === "check" ? [control, text] : [text, control]);

  function head() {
    const read = DATA.funnel.filter((f) => f.rows.length && f.rows[0].step.startsWith("read.")).reduce((n, f) => n + f.rows[0].in, 0);
    const end = DATA.funnel.filter((f) => f.rows.length).reduce((n, f) => n + f.rows.at(-1).out, 0);
    const told = [["documents read", number(read)]];
    if (!DATA.mixture) told.push(["documents kept", number(end)]);
    else told.push(["documents in the mixture", number(DATA.mixture.documents)], ["tokens in the mixture", brief(DATA.mixture.tokens)], ["windows of " + number(DATA.mixture.seq_len), number(DATA.mixture.windows)]);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const root = document.documentElement;
    const is = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
    const theme = h("button", { type: "button", id: "theme", onclick: () => { root.dataset.theme = is() ? "light" : "dark"; keep(); tell(); } });
    const keep = () => { try { localStorage.setItem("curate-theme", root.dataset.theme); } catch { /* a file need not have storage */ } };
    const tell = () => { theme.textContent = is() ? "Light" : "Dark"; theme.setAttribute("aria-label", is() ? "Light colours" : "Dark colours"); };
    try { const was = localStorage.getItem("curate-theme"); if (was === "dark" || was === "light") root.dataset.theme = was; } catch { /* as above */ }
    dark.addEventListener("change", tell);
    tell();
    $("head").append(
      h("div", { class: "brand" }, h("span", null, "Octocurate recipe"), theme), h("h1", null, DATA.title), DATA.about && h("p", { class: "lead" }, DATA.about),
      h("dl", { class: "facts" }, told.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))));
  }

  // Funnel.
  function funnel() {
    const all = h("input", { type: "checkbox", id: "all-steps", onchange: () => draw() });
    const place = h("div", { class: "funnel" });
    section("funnel", "Funnel", "What each step let through, and why documents ended where they did. A reason leads to documents that met it.",
      h("div", { class: "tools" }, labelled("Also steps that drop nothing", all, "check"), h("span", null, h("span", { class: "key" }, h("i"), "goes on"), h("span", { class: "key" }, h("i", { class: "b" }), "ended here"))), place);
    const dropped = (f) => f.rows.reduce((n, r) => n + Object.values(r.fates).reduce((a, b) => a + b, 0), 0);
    const reasons = (f) => f.rows.reduce((n, r) => n + Object.keys(r.fates).length, 0);
    const order = DATA.funnel.filter((f) => f.rows.length).sort((a, b) => reasons(b) - reasons(a) || dropped(b) - dropped(a));
    const open = new Set(order.slice(0, 2).map((f) => f.corpus));
    function draw() {
      place.replaceChildren(...order.map((f) => {
        const most = Math.max(1, ...f.rows.map((r) => Math.max(r.in, r.out))), start = Math.max(1, f.rows[0].in), last = f.rows.at(-1);
        const conditions = new Map(f.clauses.map((c) => [c.node + "\n" + c.clause, c.condition]));
        const rows = f.rows.filter((r, i) => all.checked || i === 0 || i === f.rows.length - 1 || r.in !== r.out || Object.keys(r.fates).length);
        const known = rows.some((r) => r.tokens !== null);
        const body = rows.map((r) => {
          const name = r.node.slice(f.corpus.length + 1), step = r.step, parts = name.split("+");
          const gone = Math.max(0, r.in - r.out);
          return h("tr", { class: gone || r.in !== r.out ? null : "quiet" },
            h("th", { scope: "row", title: step === "keep" ? name : step }, parts.length > 4 ? `${parts.slice(0, 2).join("\u00a0+ ")}\u00a0+ ${parts.length - 2} more` : parts.join("\u00a0+ ") || step),
            h("td", { class: "bar" }, h("div", { class: "track", "aria-hidden": "true" }, width(r.out / most)(h("div", { class: "fill" })), gone > 0 && width(gone / most)(h("div", { class: "fall" })))),
            h("td", { class: "n" }, number(r.out)), h("td", { class: "n" }, percent(r.out / start)),
            known && h("td", { class: "n" }, r.tokens === null ? "" : (r.exact ? "" : "~") + brief(r.tokens)),
            h("td", { class: "chips-cell" }, h("div", { class: "chips" }, Object.entries(r.fates).sort((a, b) => b[1] - a[1]).map(([fate, count]) =>
              h("button", { type: "button", title: conditions.get(r.node + "\n" + fate) || null, "aria-label": `${fate}, ${plural(count, "document")}: show some`, onclick: () => read(f.corpus, fate) }, fate + " ", h("b", null, number(count)))))));
        });
        // As blocks, as they stand on a phone, the parts of a table keep no meaning of their own.
        const roles = (t) => { for (const [name, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["thead th", "columnheader"], ["tbody th", "rowheader"], ["td", "cell"]]) for (const e of t.querySelectorAll(name)) e.setAttribute("role", role); return t; };
        const heads = ["step", "", "documents", "of all", ...(known ? ["tokens"] : []), "ended here"];
        const notes = [...f.losses.map((l) => `${l.node}: ${number(l.found)} ${l.what.replaceAll("_", " ")} found, ${number(l.kept)} kept`), ...f.unchecked];
        return h("details", { class: "corpus", open: open.has(f.corpus), ontoggle: (e) => (e.target.open ? open.add(f.corpus) : open.delete(f.corpus)) },
          h("summary", null, h("h3", null, f.corpus), h("span", { class: "soft" }, `${number(f.rows[0].in)} → ${number(last.out)} documents${last.tokens !== null ? `, ${last.exact ? "" : "~"}${brief(last.tokens)} tokens` : ""}`)),
          roles(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Funnel of ${f.corpus}` },
            h("table", null, h("caption", { class: "hidden" }, `Funnel of ${f.corpus}`), h("thead", null, h("tr", null, heads.map((t, i) => h("th", { scope: "col", class: i > 1 && i < heads.length - 1 ? "n" : null }, t || h("span", { class: "hidden" }, "share"))))), h("tbody", null, body)))),
          f.canaries.length > 0 && h("details", null, h("summary", { class: "small soft" }, "What steps planted to measure themselves"),
            table("Canaries of " + f.corpus, ["step", "planted", "", "found"], f.canaries.map((c) => [c.node.slice(f.corpus.length + 1), c.kind, number(c.planted), number(c.found) + (c.wrong ? " (none should be)" : "")]), [2, 3])),
          notes.length > 0 && h("details", null, h("summary", { class: "small soft" }, "Notes"), h("ul", { class: "small" }, notes.map((n) => h("li", null, n)))));
      }));
    }
    draw();
    if (order.some((f) => f.rows.some((r) => r.tokens !== null && !r.exact))) $("funnel").append(h("p", { class: "soft small" }, "Tokens with ~ are estimated from characters, at the rate of the documents that are tokenised."));
  }

  // Thresholds.
  function thresholds() {
    if (!DATA.sliders.length) return;
    const lists = new Map();
    DATA.sliders.forEach((s, i) => lists.set(s.corpus, [...(lists.get(s.corpus) || []), [i, `${s.clause}: ${s.measured} ${s.operator} ${score(s.number)}${s.dropped ? ` (drops ${number(s.dropped)})` : ""}`]]));
    const which = h("select", { id: "clause", onchange: () => choose(Number(which.value)) }, [...lists].map(([corpus, options]) => h("optgroup", { label: corpus }, options.map(([value, text]) => h("option", { value }, text)))));
    const range = h("input", { type: "range", id: "threshold", min: 0, step: 1, oninput: () => move() });
    const back = h("button", { type: "button", id: "reset", onclick: () => { range.value = one.at; move(); } }, "Back to the recipe");
    const say = h("dl", { class: "readout" }), picture = h("div", { class: "histogram" }), ends = h("div", { class: "ends", "aria-hidden": "true" });
    const axis = h("p", { class: "soft small" });
    const live = h("p", { class: "hidden", role: "status" }), command = h("code", { class: "command" }), foot = h("p", { class: "soft small" });
    const near = h("div", { class: "two" });
    const label = h("label", { for: "threshold", class: "hidden" });
    section("thresholds", "Thresholds", "Move a number of a clause and see what its keep would let through, counted over all documents that hang on it.",
      h("div", { class: "tools" }, labelled("Clause", which, "grow"), back),
      h("div", { class: "board" }, say, picture, label, range, ends, axis, command, foot, live),
      h("h3", { id: "line-title" }, "Documents on the line"), near);
    $("line-title").style.margin = "1.6rem 0 .8rem";
    let one, bars, mark, timer;
    function choose(i) {
      one = DATA.sliders[i];
      one.at = one.stops.indexOf(one.number);
      which.value = i;
      range.max = one.stops.length - 1;
      range.value = one.at;
      label.textContent = `Threshold of ${one.measured} in the clause ${one.clause}`;
      const steps = one.stops.length - 1, most = 80, counts = [];
      const per = Math.max(1, Math.ceil(steps / most));
      for (let a = 0; a < steps; a += per) { const b = Math.min(steps, a + per); counts.push([a, b, Math.abs(one.documents[b] - one.documents[a])]); }
      const top = Math.sqrt(Math.max(1, ...counts.map((c) => c[2])));
      bars = counts.map(([a, b, n]) => { const high = n ? Math.max(1.5, 96 * Math.sqrt(n) / top) : 0; return [a, b, svg("rect", { x: a + (b - a) * 0.06, width: (b - a) * 0.88, y: 100 - high, height: high })]; });
      mark = svg("line", { class: "mark", x1: one.at, x2: one.at, y1: 0, y2: 100 });
      picture.replaceChildren(svg("svg", { viewBox: `0 0 ${Math.max(1, steps)} 100`, preserveAspectRatio: "none", role: "img", "aria-label": `Documents by ${one.measured}; the dashed line is the recipe's threshold, ${score(one.number)}` }, bars.map((b) => b[2]), mark));
      axis.textContent = `${one.measured}. Dashed: the recipe's ${score(one.number)}. Heights: square roots of documents.`;
      ends.replaceChildren(h("span", null, score(one.stops[0])), h("span", null, score(one.stops.at(-1))));
      foot.textContent = `${number(one.reached)} documents come to ${one.node}. Steps behind it are not followed here; the command above does that.` + (one.tokens ? ` Tokens: ${one.how}.` : ` Tokens: ${one.how}`);
      move();
    }
    function move() {
      const at = Number(range.value), value = one.stops[at], up = one.operator.startsWith(">");
      const count = one.documents[at], more = count - one.documents[one.at];
      const tokens = one.tokens && one.tokens[at], moreTokens = one.tokens && tokens - one.tokens[one.at];
      for (const [a, b, bar] of bars) bar.setAttribute("class", (up ? (a + b) / 2 >= at : (a + b) / 2 <= at) ? "in" : "out");
      const text = one.before + score(value).replaceAll(",", "") + one.after;
      say.replaceChildren(
        h("div", null, h("dt", null, `clause ${one.clause} of ${one.corpus}`), h("dd", { class: "mono" }, one.before, h("b", null, score(value).replaceAll(",", "")), one.after)),
        h("div", null, h("dt", null, "documents pass"), h("dd", { id: "pass-documents", "data-value": count }, number(count), h("span", { class: "delta" }, more ? `${signed(more)} (${change(more / Math.max(1, one.documents[one.at]))})` : "as in the recipe"))),
        one.tokens && h("div", null, h("dt", null, one.exact ? "tokens" : "tokens, about"), h("dd", { id: "pass-tokens", "data-value": tokens }, brief(tokens), h("span", { class: "delta" }, moreTokens ? `${signed(moreTokens, brief)} (${change(moreTokens / Math.max(1, one.tokens[one.at]))})` : "as in the recipe"))));
      command.textContent = `curate whatif ${DATA.title} ${one.corpus} ${shell(one.clause + ": " + text)}`;
      range.setAttribute("aria-valuetext", `${score(value)}: ${plural(count, "document")} pass`);
      clearTimeout(timer);
      timer = setTimeout(() => { live.textContent = `With ${one.measured} ${one.operator} ${score(value)}, ${plural(count, "document")} pass`; }, 400);
      const passes = (v) => (one.operator === ">=" ? v >= value : one.operator === ">" ? v > value : one.operator === "<=" ? v <= value : v < value);
      const closest = (side) => one.near.filter(([v]) => passes(v) === side).sort((a, b) => Math.abs(a[0] - value) - Math.abs(b[0] - value) || a[1] - b[1]).slice(0, 3);
      near.replaceChildren(...[[true, "pass"], [false, "do not pass"]].map(([side, title]) => {
        const found = closest(side);
        return h("div", { class: side ? "passing" : "failing" }, h("h4", null, title), h("p", { class: "soft small" }, found.length ? `the ${found.length === 1 ? "one" : found.length} nearest of the documents in this page` : "no document of this page"),
          found.map(([v, place]) => card(DATA.documents[place], { short: true, extra: `${one.measured.length < 24 ? one.measured : "value"} ${score(v)}` })));
      }));
    }
    choose(0);
  }

  // Mixture.
  function mixture() {
    const m = DATA.mixture;
    if (!m) return;
    const stack = (rows) => h("div", { class: "stack", "aria-hidden": "true" }, rows.filter((s) => s.share > 0).map((s, i) => width(s.share)(h("span", { class: i % 2 ? "alt" : null, title: `${s.source} ${percent(s.share)}` }, s.share > 0.07 ? `${s.source} ${percent(s.share, 0)}` : ""))));
    const rows = (sources) => sources.map((s) => [s.source, number(s.achieved), percent(s.share), number(s.documents), s.epochs.toFixed(2), number(s.available), number(s.asked), number(s.held_out)]);
    const heads = ["source", "tokens", "share", "documents", "epochs", "available", "asked", "held out"];
    const right = [1, 2, 3, 4, 5, 6, 7];
    section("mixture", "Mixture", `${number(m.tokens)} tokens in ${number(m.windows)} windows of ${number(m.seq_len)}, ${percent(m.fill, 2)} full.`,
      stack(m.sources), table("Sources of the mixture", heads, rows(m.sources), right),
      m.stages.map((stage, i) => h("div", { class: "stage" }, h("h3", null, `Stage ${i}`), stack(stage), table(`Sources of stage ${i}`, heads.slice(0, 5), rows(stage).map((r) => r.slice(0, 5)), right.slice(0, 4)))));
  }

  // Distributions.
  function histogram(one) {
    const top = Math.max(1, ...one.kept.map((n, i) => n + one.dropped[i])), bars = [];
    one.kept.forEach((n, i) => {
      const all = n + one.dropped[i], high = (x) => (x ? Math.max(1, 98 * x / top) : 0);
      if (n) bars.push(svg("rect", { class: "in", x: i + 0.06, width: 0.88, y: 100 - high(n), height: high(n) }));
      if (one.dropped[i]) bars.push(svg("rect", { class: "out", x: i + 0.06, width: 0.88, y: 100 - high(all), height: Math.max(0.6, high(all) - high(n)) }));
    });
    const at = (t) => { const [a, b] = [one.edges[0], one.edges.at(-1)]; const f = (x) => (one.log ? Math.log10(Math.max(1, x)) : x); return one.kept.length * (f(t) - f(a)) / (f(b) - f(a) || 1); };
    const marks = one.thresholds.filter(() => one.edges.at(-1) > one.edges[0]).map(at).filter((x) => x >= 0 && x <= one.kept.length).map((x) => svg("line", { class: "mark", x1: x, x2: x, y1: 0, y2: 100 }));
    const about = `${one.column}: from ${score(one.least)} to ${score(one.most)}, median ${score(one.median)}`;
    return h("figure", null, h("h3", { class: "low" }, one.column === "characters" ? "characters of those kept" : one.column, h("span", null, `median ${score(one.median)}`)),
      svg("svg", { viewBox: `0 0 ${one.kept.length} 100`, preserveAspectRatio: "none", role: "img", "aria-label": about }, bars, marks),
      h("figcaption", null, h("span", null, score(one.edges[0])), one.log && h("span", null, "log"), h("span", null, score(one.edges.at(-1)))));
  }
  function distributions() {
    const names = [...new Set(DATA.distributions.map((d) => d.corpus))];
    if (!names.length) return;
    const count = (name) => DATA.distributions.filter((d) => d.corpus === name).length;
    const first = [...names].sort((a, b) => count(b) - count(a))[0];
    const grid = h("div", { class: "grid" });
    const which = select(names.map((n) => [n, n]), { id: "distribution-corpus", onchange: () => draw() });
    const draw = () => grid.replaceChildren(...DATA.distributions.filter((d) => d.corpus === which.value).map(histogram));
    which.value = first;
    section("distributions", "Distributions", "Every score of a corpus, and the length of texts, over all documents that have it. Dashed lines are thresholds of the recipe.",
      h("div", { class: "tools" }, labelled("Corpus", which), h("span", null, h("span", { class: "key" }, h("i"), "kept"), h("span", { class: "key" }, h("i", { class: "b" }), "dropped"))), grid);
    draw();
  }

  // Documents.
  let read = () => {};
  function documents() {
    const all = DATA.documents.map((one, place) => one && { one, place, text: (source(one.text) + "\n" + one.url + "\n" + one.id).toLowerCase() }).filter(Boolean);
    if (!all.length) return;
    const names = [...new Set(all.map((d) => d.one.corpus))].sort();
    const corpus = select([["", "all"], ...names.map((n) => [n, n])], { id: "sample-corpus", onchange: () => { fates(); draw(); } });
    const fate = h("select", { id: "sample-fate", onchange: () => draw() });
    const words = h("input", { type: "search", id: "sample-search", placeholder: "words, TeX, an address, an id", autocomplete: "off", spellcheck: "false", oninput: () => { clearTimeout(timer); timer = setTimeout(() => draw(), 120); } });
    const said = h("p", { class: "soft small", role: "status", id: "sample-count" }), list = h("div", { id: "sample-list" });
    const more = h("button", { type: "button", onclick: () => draw(shown + 12) }, "More documents");
    let timer, shown = 8, seed = 0;
    function fates() {
      const was = fate.value, mine = all.filter((d) => !corpus.value || d.one.corpus === corpus.value), counts = new Map();
      for (const d of mine) counts.set(d.one.fate, (counts.get(d.one.fate) || 0) + 1);
      const order = [...counts].sort((a, b) => (a[0] === "kept" ? -1 : b[0] === "kept" ? 1 : a[0] < b[0] ? -1 : 1));
      fate.replaceChildren(h("option", { value: "" }, "any"), ...order.map(([name, n]) => h("option", { value: name }, `${name} (${n})`)));
      fate.value = counts.has(was) ? was : "";
    }
    const mix = (n) => { let x = (n + 1) * 2654435761 + seed * 40503; x ^= x >>> 15; x = Math.imul(x, 2246822519); x ^= x >>> 13; return x >>> 0; };
    function draw(many = 8) {
      shown = many;
      const asked = words.value.trim().toLowerCase();
      let found = all.filter((d) => (!corpus.value || d.one.corpus === corpus.value) && (!fate.value || d.one.fate === fate.value) && (!asked || d.text.includes(asked)));
      found = found.sort((a, b) => mix(a.place) - mix(b.place));
      said.textContent = `${number(found.length)} of ${plural(all.length, "document")} in this page`;
      list.replaceChildren(...found.slice(0, shown).map((d) => card(d.one, { words: asked })));
      more.hidden = found.length <= shown;
    }
    read = (name, reason) => {
      corpus.value = names.includes(name) ? name : "";
      fates();
      fate.value = [...fate.options].some((o) => o.value === reason) ? reason : "";
      words.value = "";
      draw();
      $("documents").scrollIntoView();
      fate.focus({ preventScroll: true });
    };
    section("documents", "Documents", "Chosen by a digest of their ids: kept ones and some of every fate. The search looks through those that this page holds; curate sample and curate query reach all.",
      h("div", { class: "tools" }, labelled("Corpus", corpus), labelled("Fate", fate), labelled("Search", words, "grow"), h("button", { type: "button", onclick: () => { seed += 1; draw(); } }, "Show others")), said, list, more);
    fates();
    if (all.some((d) => d.one.fate === "kept")) fate.value = "kept";
    draw();
  }

  // Before and after.
  function rewrites() {
    const found = DATA.rewrites;
    if (!found.length) return;
    const names = [...new Set(found.map((r) => r.node))];
    const which = select(names.map((n) => [n, n]), { id: "rewrite-node", onchange: () => draw() });
    const list = h("div");
    const marks = { "-": "del", "+": "ins" };
    const draw = () => list.replaceChildren(...found.filter((r) => r.node === which.value).map((r) => h("article", null, h("header", null, h("code", null, r.id.slice(0, 12)), h("span", null, !r.words ? "beginnings" : r.words.every(([sign]) => sign === " ") ? "the beginning was not changed" : "word by word")),
      r.words ? folding(r.words.map(([sign, text]) => (marks[sign] ? h(marks[sign], null, text) : text)))
        : h("div", { class: "two" }, [["before", r.before], ["after", r.after]].map(([t, text]) => h("div", null, h("h3", { class: "low" }, t), folding(h("span", { class: "mono" }, text))))))));
    which.value = found.find((r) => r.words && r.words.length > 1)?.node || names[0];
    section("rewrites", "Before and after", "What steps that rewrite texts took out and put in.", h("div", { class: "tools" }, labelled("Step", which)), list);
    draw();
  }

  // Duplicates and leaks.
  function different(a, b) {
    const cut = (text) => (text.match(/\s+|[\p{L}\p{N}]+|./gsu) || []).slice(0, 420);
    const [old, now] = [cut(a), cut(b)], wide = now.length + 1, best = new Uint16Array((old.length + 1) * wide);
    for (let i = old.length - 1; i >= 0; i--) for (let j = now.length - 1; j >= 0; j--) best[i * wide + j] = old[i] === now[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    const left = [], right = [];
    let i = 0, j = 0;
    const put = (side, kind, text) => { const last = side.at(-1); if (last && last[0] === kind) last[1] += text; else side.push([kind, text]); };
    while (i < old.length || j < now.length) {
      if (i < old.length && j < now.length && old[i] === now[j]) { put(left, null, old[i++]); put(right, null, now[j++]); }
      else if (j >= now.length || (i < old.length && best[(i + 1) * wide + j] >= best[i * wide + j + 1])) put(left, "del", old[i++]);
      else put(right, "ins", now[j++]);
    }
    // Where both begin alike for long, their end of that is enough.
    const alike = left.length + right.length > 2 && left[0] && right[0] && !left[0][0] && !right[0][0] ? Math.min(left[0][1].length, right[0][1].length) : 0;
    if (alike > 260) for (const side of [left, right]) side[0][1] = "… " + side[0][1].slice(alike - 160);
    return [left, right].map((side) => side.map(([kind, text]) => (kind ? h(kind, null, text) : text)));
  }
  function pairs() {
    const found = DATA.pairs.filter((p) => DATA.documents[p.document] && DATA.documents[p.partner]);
    if (!found.length) return;
    const names = [...new Map(found.map((p) => [`${p.corpus}/${p.column}`, `${p.corpus}: ${p.column} (${number(p.of)})`]))];
    const which = select(names, { id: "pair-column", onchange: () => draw() });
    const list = h("div");
    const side = (title, one, body) => h("div", null, h("header", null, h("h3", { class: "low" }, title), h("code", { title: one.id }, one.id.slice(0, 12)), one.url && h("span", null, one.url)), folding(body, true));
    const draw = () => list.replaceChildren(...found.filter((p) => `${p.corpus}/${p.column}` === which.value).map((p) => {
      const [a, b] = [DATA.documents[p.document], DATA.documents[p.partner]], [left, right] = different(source(a.text), source(b.text));
      return h("article", null, h("div", { class: "two" }, side(a.fate === "kept" ? "also stayed" : "dropped", a, left), side("its partner", b, right)), p.alike !== null && h("p", { class: "small soft" }, `Jaccard similarity ${score(p.alike)}`));
    }));
    const liked = found.find((p) => p.alike !== null) || found[0];
    which.value = `${liked.corpus}/${liked.column}`;
    section("duplicates", "Duplicates", "Documents that were found to repeat another one, beside the one that they repeat. What differs is marked.", h("div", { class: "tools" }, labelled("Found by", which)), list);
    draw();
  }
  function leaks() {
    const found = DATA.leaks.filter((l) => DATA.documents[l.document]);
    if (!found.length) return;
    const list = found.map((l) => {
      const one = DATA.documents[l.document];
      return h("article", null, h("header", null, h("span", { class: "badge" }, one.fate), h("strong", null, `${l.benchmark}/${l.item}`), l.overlap !== null && l.overlap !== undefined && h("span", null, `overlap ${score(l.overlap)}`), h("span", null, l.corpus)),
        h("div", { class: "two" }, h("div", null, h("h3", { class: "low" }, "in the document"), folding(show(l.span.length ? l.span : one.text), true)), h("div", null, h("h3", { class: "low" }, "in the benchmark"), folding([show(l.problem), l.answer && h("p", null, h("b", null, "Answer: "), l.answer)], true))));
    });
    const rest = h("details", null, h("summary", null, `${list.length - 4} more`), list.slice(4));
    section("leaks", "Leaks", "Documents in which an item of a benchmark was found, beside the item. Most are dropped by a clause.", list.slice(0, 4), list.length > 4 && rest);
  }

  // Lineage.
  function lineage() {
    const { boxes, arrows } = DATA.lineage, H = 46, GY = 16;
    if (!boxes.length) return;
    const by = new Map(boxes.map((b) => [b.name, b])), columns = Math.max(...boxes.map((b) => b.column)) + 1;
    const each = Math.max(142, Math.min(200, Math.floor(1150 / columns))), W = Math.round(each * 0.82), GX = each - W, most = Math.floor((W - 22) / 6.8);
    const tall = Array.from({ length: columns }, (_, c) => boxes.filter((b) => b.column === c).length), rows = Math.max(...tall);
    const x = (b) => 2 + b.column * (W + GX), y = (b) => 2 + (b.row + (rows - tall[b.column]) / 2) * (H + GY);
    const drawing = svg("svg", { width: columns * (W + GX) - GX + 4, height: rows * (H + GY) - GY + 4, role: "img", "aria-label": `${plural(boxes.length, "box")}: what is made of what; the same as a list below` },
      arrows.map(([a, b]) => { const [p, q] = [by.get(a), by.get(b)], [x1, y1, x2, y2] = [x(p) + W, y(p) + H / 2, x(q), y(q) + H / 2], bend = Math.max(24, (x2 - x1) / 2); return svg("path", { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }); }),
      boxes.map((b) => {
        const name = b.name.replace(/^(embedded|models)\//, ""), about = b.about ? b.about : b.documents !== null ? plural(b.documents, "document") : b.kind === "run" ? "run" : b.kind;
        return svg("g", { class: b.kind + (b.built ? "" : " waiting"), transform: `translate(${x(b)} ${y(b)})` }, svg("title", null, b.name), svg("rect", { width: W, height: H, rx: 7 }),
          svg("text", { x: 11, y: 20 }, name.length > most ? name.slice(0, most - 1) + "…" : name), svg("text", { x: 11, y: 36, class: "sub" }, (b.built ? about : about + ", to do").slice(0, most + 3)));
      }));
    section("lineage", "Lineage", "What is made of what. Dashed boxes are not built.", h("div", { class: "scroll lineage", tabindex: "0", role: "region", "aria-label": "Lineage" }, drawing),
      h("details", null, h("summary", { class: "small soft" }, "As a list"), h("ul", { class: "small" }, arrows.map(([a, b]) => h("li", null, `${a} → ${b}`)))));
  }

  // Training and evaluation.
  function curve(series, place) {
    const points = series.points, xs = points.map((p) => p[0]), ys = points.map((p) => p[1]), [a, b, low, top] = [xs[0], xs.at(-1), Math.min(...ys), Math.max(...ys)];
    const path = points.map((p, i) => `${i ? "L" : "M"}${(100 * (p[0] - a) / (b - a || 1)).toFixed(2)} ${(96 - 92 * (p[1] - low) / (top - low || 1)).toFixed(2)}`).join("");
    return h("figure", { class: "curve" }, h("h4", null, series.name.replaceAll("_", " ").replace("held out/", "held out: "), h("span", null, `${short(ys[0])} → ${short(ys.at(-1))}`)),
      svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img", "aria-label": `${series.name}: from ${score(ys[0])} to ${score(ys.at(-1))}, between ${score(low)} and ${score(top)}` }, svg("path", { d: path })),
      h("figcaption", null, h("span", null, brief(a)), h("span", null, `${short(low)} to ${short(top)}`), h("span", null, `${brief(b)} ${place}`)));
  }
  function training() {
    if (!DATA.runs.length) return;
    section("training", "Training", "What runs measured; each curve over its own range, by tokens or, in reinforcement learning, by steps.", DATA.runs.map((r) => {
      const place = r.rl ? "steps" : "tokens", few = r.series.length <= 8, shown = r.series.filter((s) => few || s.shown), rest = r.series.filter((s) => !few && !s.shown);
      const warned = Object.entries(r.warned).map(([name, n]) => `${name} was out of bounds at ${plural(n, "step")}`);
      return h("div", { class: "run" }, h("h3", null, r.name), h("p", { class: "soft small" }, [`${plural(r.step, "step")}, ${number(r.tokens)} tokens${r.parent ? `, after ${r.parent}` : ""}`, ...warned, ...(r.rollbacks ? [`went back ${plural(r.rollbacks, "time")}`] : [])].join("; ")),
        h("div", { class: "grid" }, shown.map((s) => curve(s, place))), rest.length > 0 && h("details", null, h("summary", { class: "small soft" }, `${rest.length} more`), h("div", { class: "grid" }, rest.map((s) => curve(s, place)))));
    }));
  }
  function evaluation() {
    if (!DATA.evaluations.length) return;
    section("evaluation", "Evaluation", "Accuracy with 95% intervals over items.", table("Evaluations", ["entry", "model", "benchmark", "mode", "accuracy", "interval", "items", "samples", "no answer", "cut off"],
      DATA.evaluations.map((e) => [e.eval || "", e.model, e.benchmark + (e.limited ? " (a part)" : ""), e.mode, e.accuracy === null ? "" : percent(e.accuracy), e.low === null ? "" : `${percent(e.low)} to ${percent(e.high)}`, number(e.items), number(e.samples), number(e.no_answer), number(e.truncated)]), [4, 5, 6, 7, 8, 9]));
  }
  function recipe() {
    section("recipe", "Recipe and lock", "What was asked for, and what every name of it meant in bytes, documents and tokens.",
      h("details", { open: true }, h("summary", null, h("h3", null, "Recipe")), h("pre", { tabindex: "0", "aria-label": "Recipe" }, DATA.recipe)), h("details", null, h("summary", null, h("h3", null, "Lock")), h("pre", { tabindex: "0", "aria-label": "Lock" }, DATA.lock)));
  }

  function nav() {
    const links = new Map(sections.map(([id, title]) => [id, h("a", { href: "#" + id }, title)]));
    $("nav").append(h("ul", null, [...links.values()].map((a) => h("li", null, a))));
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const e of entries) e.isIntersecting ? seen.add(e.target.id) : seen.delete(e.target.id);
      const now = sections.map(([id]) => id).find((id) => seen.has(id));
      for (const [id, a] of links) id === now ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current");
    }, { rootMargin: "-15% 0px -70% 0px" });
    for (const [id] of sections) watch.observe($(id));
  }
  function foot() {
    $("foot").append(h("p", null, `Made by curate show ${DATA.title} --html. The page is one file; it loads nothing and sends nothing.`),
      h("p", null, DATA.mathml ? "Formulas were turned into MathML when the page was made; one that could not be is shown as it is written." : "Formulas are shown as they are written; with the extra octocurate[page] they are drawn."));
  }

  $("main").replaceChildren();
  for (const part of [head, funnel, thresholds, mixture, distributions, documents, rewrites, pairs, leaks, lineage, training, evaluation, recipe, nav, foot]) part();
  document.documentElement.dataset.ready = "";
  if (location.hash && document.getElementById(location.hash.slice(1))) document.getElementById(location.hash.slice(1)).scrollIntoView();
})();
