"use strict";
(() => {
  const source = document.getElementById("timeline-data");
  const section = document.getElementById("timeline");
  if (!source || !section) return;
  const data = JSON.parse(source.textContent);
  const { words, frames } = data;
  const all = data.tracks.filter((track) => track.t.length > 0);
  if (all.length === 0) return;

  const lang = document.documentElement.lang;
  const digits = new Intl.NumberFormat(lang, { maximumSignificantDigits: 5 });
  const short = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
  const clock = new Intl.NumberFormat(lang, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const number = (v) => (v === null ? words.none : digits.format(v).replace("-", "\u2212"));
  const scale = (v) => short.format(v).replace("-", "\u2212");
  const seconds = (t) => clock.format(t).replace("-", "\u2212") + " s";

  const SVG = "http://www.w3.org/2000/svg";
  const svg = (name, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const html = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // The whole clip, what is shown of it, and where the reader is.
  const full = [data.from, Math.max(data.to, data.from + 1e-3)];
  const shortest = (full[1] - full[0]) / 2000;
  let [from, to] = full;
  let cursor = from;
  const chosen = new Set(data.first);

  const WIDTH = 1000, LEFT = 74, RIGHT = 12, STRIP = 46, NAME = 17;
  const across = (t) => LEFT + ((t - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const back = (x) => from + ((x - LEFT) / (WIDTH - LEFT - RIGHT)) * (to - from);
  const within = (t) => Math.min(Math.max(t, full[0]), full[1]);

  // First place in `times` that is not before `t`.
  const place = (times, t) => {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < t) low = middle + 1; else high = middle;
    }
    return low;
  };
  const nearest = (times, t) => {
    const i = place(times, t);
    if (i === 0) return 0;
    return i === times.length || t - times[i - 1] <= times[i] - t ? i - 1 : i;
  };

  const plot = svg("svg", { "aria-hidden": "true" });
  const opening = svg("clipPath", { id: "tl-window" });
  const slider = html("div", {
    class: "tl-plot", tabindex: "0", role: "slider", "aria-label": words.slider,
    "aria-valuemin": full[0], "aria-valuemax": full[1], "aria-describedby": "tl-keys",
  }, plot);
  const button = (label, act) => {
    const element = html("button", { type: "button" }, label);
    element.addEventListener("click", act);
    return element;
  };
  const span = html("span", { class: "tl-span" });
  const tools = html("p", { class: "tl-tools" },
    button(words.closer, () => zoom(0.5)), button(words.wider, () => zoom(2)),
    button(words.whole, () => show(...full)), span);
  const step = (way) => {
    const times = frames.map((frame) => frame.t);
    const next = way > 0 ? times.find((t) => t > cursor + 1e-6)
      : times.filter((t) => t < cursor - 1e-6).pop();
    if (next !== undefined) move(next, true);
  };
  if (frames.length > 0) {
    tools.insertBefore(button(words.before, () => step(-1)), span);
    tools.insertBefore(button(words.after, () => step(1)), span);
  }
  const picture = html("img", { alt: "" });
  const caption = html("figcaption", {});
  const key = html("figure", { class: "tl-frame" }, caption, picture);
  const values = html("tbody", {});
  const table = html("table", { class: "tl-values" },
    html("thead", {}, html("tr", {},
      html("th", { scope: "col" }, words.signal), html("th", { scope: "col", class: "number" }, words.value),
      html("th", { scope: "col", class: "number" }, words.at))), values);
  const boxes = all.map((track, i) => {
    const box = html("input", { type: "checkbox" });
    box.checked = chosen.has(i);
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(i); else chosen.delete(i);
      draw();
    });
    return html("li", {}, html("label", {}, box, " " + track.name));
  });
  const choice = html("details", {}, html("summary", {}, words.choose), html("ul", { class: "tl-choice" }, ...boxes));
  const live = html("div", { class: "tl" }, tools, slider,
    html("p", { class: "why", id: "tl-keys" }, words.keys),
    html("div", { class: "tl-below" }, key, table), choice);

  let line, shade;
  function draw() {
    const shown = all.filter((_, i) => chosen.has(i));
    const height = shown.length * (STRIP + NAME) + 34;
    plot.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    opening.replaceChildren(svg("rect", { x: LEFT, y: 0, width: WIDTH - LEFT - RIGHT, height }));
    plot.replaceChildren(opening);
    for (const frame of frames) {
      if (frame.t >= from && frame.t <= to) {
        const x = across(frame.t);
        plot.append(svg("line", { class: "tl-mark", x1: x, x2: x, y1: 0, y2: height - 30 }));
      }
    }
    shown.forEach((track, row) => {
      const top = row * (STRIP + NAME) + NAME, bottom = top + STRIP - 6;
      plot.append(svg("text", { x: LEFT, y: top - 4, class: "tl-name" }, track.name));
      plot.append(svg("line", { class: "tl-base", x1: LEFT, x2: WIDTH - RIGHT, y1: bottom, y2: bottom }));
      // One point beyond each edge, so that the curve runs out of the window.
      const start = Math.max(place(track.t, from) - 1, 0);
      const end = Math.min(place(track.t, to) + 2, track.t.length);
      let low = Infinity, high = -Infinity;
      for (let i = start; i < end; i++) {
        const v = track.v[i];
        if (v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
      }
      if (low > high) return;
      const up = (v) => high > low ? bottom - ((v - low) / (high - low)) * (bottom - top) : (top + bottom) / 2;
      plot.append(svg("text", { x: LEFT - 6, y: top + 8, class: "tl-scale" }, scale(high)));
      if (high > low) plot.append(svg("text", { x: LEFT - 6, y: bottom + 1, class: "tl-scale" }, scale(low)));
      let run = [];
      const flush = () => {
        if (run.length > 1) plot.append(svg("polyline", { class: "tl-curve c" + (row % 6), "clip-path": "url(#tl-window)", points: run.join(" ") }));
        else if (run.length === 1) {
          const [x, y] = run[0].split(",");
          plot.append(svg("circle", { class: "tl-dot c" + (row % 6), "clip-path": "url(#tl-window)", cx: x, cy: y, r: 2.5 }));
        }
        run = [];
      };
      for (let i = start; i < end; i++) {
        if (track.v[i] === null) flush();
        else run.push(across(track.t[i]).toFixed(1) + "," + up(track.v[i]).toFixed(1));
      }
      flush();
    });
    for (let i = 0; i <= 4; i++) {
      const t = from + ((to - from) * i) / 4;
      plot.append(svg("text", { x: across(t), y: height - 8, class: "tl-tick", "text-anchor": i === 0 ? "start" : i === 4 ? "end" : "middle" }, seconds(t)));
    }
    shade = svg("rect", { class: "tl-shade", x: 0, y: 0, width: 0, height: height - 30 });
    line = svg("line", { class: "tl-cursor", y1: 0, y2: height - 26 });
    plot.append(shade, line);
    span.textContent = seconds(from) + " \u2013 " + seconds(to);
    move(cursor, false);
  }

  function show(a, b) {
    const width = Math.min(Math.max(b - a, shortest), full[1] - full[0]);
    from = Math.min(Math.max(a, full[0]), full[1] - width);
    to = from + width;
    cursor = Math.min(Math.max(cursor, from), to);
    draw();
  }
  function zoom(factor) {
    const width = (to - from) * factor;
    const part = (cursor - from) / (to - from);
    show(cursor - part * width, cursor + (1 - part) * width);
  }
  function move(t, follow) {
    cursor = within(t);
    if (follow && (cursor < from || cursor > to)) {
      const width = to - from;
      return show(cursor - width / 2, cursor + width / 2);
    }
    const x = across(Math.min(Math.max(cursor, from), to));
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    const said = [];
    values.replaceChildren(...all.filter((_, i) => chosen.has(i)).map((track) => {
      const i = nearest(track.t, cursor);
      said.push(track.name + " " + number(track.v[i]));
      return html("tr", {}, html("th", { scope: "row" }, track.name),
        html("td", { class: "number" }, number(track.v[i])), html("td", { class: "number" }, seconds(track.t[i])));
    }));
    slider.setAttribute("aria-valuenow", cursor);
    slider.setAttribute("aria-valuetext", seconds(cursor) + "; " + said.slice(0, 4).join("; "));
    key.hidden = frames.length === 0;
    if (frames.length > 0) {
      const frame = frames[nearest(frames.map((f) => f.t), cursor)];
      const shown = document.querySelector("#" + frame.id + " img");
      picture.hidden = !shown;
      if (shown && picture.src !== shown.src) { picture.src = shown.src; picture.alt = shown.alt; }
      const link = html("a", { href: "#" + frame.id }, frame.name);
      caption.replaceChildren(words.frame + " " + seconds(frame.t) + ", ", link);
    }
  }

  const at = (event) => {
    const box = plot.getBoundingClientRect();
    return back(((event.clientX - box.left) / box.width) * WIDTH);
  };
  let held = null;
  slider.addEventListener("pointerdown", (event) => { held = at(event); });
  slider.addEventListener("pointermove", (event) => {
    const t = Math.min(Math.max(at(event), from), to);
    move(t, false);
    if (held !== null) {
      const [a, b] = [across(Math.min(held, t)), across(Math.max(held, t))];
      shade.setAttribute("x", a);
      shade.setAttribute("width", b - a);
    }
  });
  addEventListener("pointerup", (event) => {
    if (held === null) return;
    const start = held, t = within(at(event));
    held = null;
    if (Math.abs(across(t) - across(start)) > 8) show(Math.min(start, t), Math.max(start, t));
    else shade.setAttribute("width", 0);
  });
  slider.addEventListener("dblclick", () => show(...full));
  slider.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8);
  }, { passive: false });
  slider.addEventListener("keydown", (event) => {
    const part = (to - from) / (event.shiftKey ? 10 : 100);
    const act = {
      ArrowRight: () => move(cursor + part, true), ArrowUp: () => move(cursor + part, true),
      ArrowLeft: () => move(cursor - part, true), ArrowDown: () => move(cursor - part, true),
      PageUp: () => move(cursor + (to - from), true), PageDown: () => move(cursor - (to - from), true),
      Home: () => move(full[0], true), End: () => move(full[1], true),
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => show(...full),
      n: () => step(1), p: () => step(-1),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  section.classList.add("live");
  section.querySelector(".tl-static").before(live);
  draw();
})();
