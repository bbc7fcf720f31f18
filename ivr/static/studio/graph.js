// The flow as a graph: laid out by ELK in a worker, drawn as SVG.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 190;
const HEIGHT = 58;
const MANY = 5; // ways into one step
const elk = new window.ELK({ workerUrl: "/static/vendor/elk-worker.min.js" });

function svg(name, attributes = {}, ...inner) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inner);
  return made;
}

function cut(text, letters) {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

/** Ways between the same two steps as one, with all their labels; those from everywhere only where they start. */
function joined(picture, words) {
  const ways = new Map();
  for (const way of picture.ways) {
    if (way.implied) continue;
    const key = `${way.source}→${way.target}`;
    const known = ways.get(key);
    if (known) known.labels.push(way.label);
    else ways.set(key, { ...way, labels: [way.label] });
  }
  const nodes = picture.nodes.map((node) => ({ ...node }));
  if (picture.ways.some((way) => !way.source)) {
    nodes.unshift({ name: "", kind: "anywhere", words: "", line: 1, title: words.anywhere });
  }
  for (const way of ways.values()) {
    if (way.missing && !nodes.some((node) => node.name === way.target)) {
      nodes.push({ name: way.target, kind: "missing", words: "?", line: way.line, missing: true });
    }
  }
  return { nodes, ways: [...ways.values()] };
}

/** Ways to steps that many lead to (the main menu, a human) are told at their beginning, but for the first: lines from
 * everywhere to the same place hide all others, and laying them out takes most of the time. */
function divided(ways) {
  const into = new Map();
  for (const way of ways) into.set(way.target, (into.get(way.target) || 0) + 1);
  const led = new Set();
  const lines = [];
  const stubs = new Map();
  for (const way of ways) {
    if (into.get(way.target) > MANY && led.has(way.target)) {
      stubs.set(way.source, [...(stubs.get(way.source) || []), way]);
    } else {
      led.add(way.target);
      lines.push(way);
    }
  }
  return { lines, stubs };
}

export function makeGraph(canvas, words, go) {
  let drawn = null;
  let zoom = 1;
  let size = { width: 0, height: 0 };
  let serial = 0;
  let lit = null;
  let figures = null;

  function scale(factor) {
    zoom = Math.min(2, Math.max(0.05, factor));
    drawn?.setAttribute("width", Math.ceil(size.width * zoom));
    drawn?.setAttribute("height", Math.ceil(size.height * zoom));
  }

  function fit() {
    if (size.width && canvas.clientWidth) scale(Math.min(1, canvas.clientWidth / size.width, canvas.clientHeight / size.height));
  }

  async function draw(picture) {
    const mine = ++serial;
    const began = performance.now();
    const { nodes, ways } = joined(picture, words);
    const { lines, stubs } = divided(ways);
    const laid = await elk.layout({
      id: "flow",
      layoutOptions: {
        "elk.algorithm": "layered", "elk.direction": "DOWN", "elk.edgeRouting": "ORTHOGONAL",
        "elk.layered.spacing.nodeNodeBetweenLayers": "46", "elk.spacing.nodeNode": "26",
        "elk.layered.thoroughness": nodes.length > 150 ? "1" : "5",
        "elk.layered.crossingMinimization.greedySwitch.type": nodes.length > 150 ? "OFF" : "TWO_SIDED",
        "elk.layered.nodePlacement.strategy": nodes.length > 150 ? "LINEAR_SEGMENTS" : "BRANDES_KOEPF",
      },
      children: nodes.map((node) => ({ id: `n:${node.name}`, width: WIDTH, height: HEIGHT })),
      edges: lines.map((way, index) => ({ id: `e:${index}`, sources: [`n:${way.source}`], targets: [`n:${way.target}`] })),
    });
    if (mine !== serial) return; // a newer text is being laid out
    size = { width: laid.width + 20, height: laid.height + 20 };
    const made = svg("svg", { viewBox: `-10 -10 ${size.width} ${size.height}`, class: "flow-graph" });
    made.append(
      svg("defs", {}, svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        svg("path", { d: "M0 0 8 4 0 8z", class: "tip" }))),
      svg("g", { class: "ways" }, ...laid.edges.map((edge) => wayOf(edge, lines[Number(edge.id.slice(2))]))),
      svg("g", { class: "nodes" }, ...laid.children.map((place, index) => nodeOf(place, nodes[index], stubs.get(nodes[index].name) || []))),
    );
    drawn = made;
    canvas.replaceChildren(made);
    canvas.dataset.steps = picture.nodes.length;
    canvas.dataset.milliseconds = Math.round(performance.now() - began);
    scale(zoom);
    light(lit);
    count(figures);
  }

  function wayOf(edge, way) {
    const group = svg("g", { "data-way": `${way.source}→${way.target}`, class: `way${way.human ? " human" : ""}${way.missing ? " missing" : ""}` });
    for (const section of edge.sections || []) {
      const points = [section.startPoint, ...(section.bendPoints || []), section.endPoint];
      group.append(svg("path", { d: points.map((p, i) => `${i ? "L" : "M"}${p.x} ${p.y}`).join(""), "marker-end": "url(#tip)" }));
      const label = [...new Set(way.labels)].join(", ");
      const last = points.at(-1);
      if (label !== "next") {
        group.append(svg("text", { x: last.x + 5, y: last.y - 9, class: "label" }, cut(label, 26), svg("title", {}, label)));
      }
      group.append(svg("text", { x: points[0].x + 5, y: points[0].y + 14, class: "count" }));
    }
    return group;
  }

  function nodeOf(place, node, stubs) {
    const marks = ["human", "unreached", "dead_end", "missing"].filter((mark) => node[mark]);
    const said = marks.map((mark) => ({ human: words.to_human, unreached: words.unreached, dead_end: words.dead_end })[mark]).filter(Boolean);
    const name = node.title || node.name;
    const group = svg("g", {
      class: `node kind-${node.kind} ${marks.join(" ")}`, transform: `translate(${place.x} ${place.y})`, "data-step": node.name,
      tabindex: node.name ? 0 : -1, role: node.name ? "link" : "img", "aria-label": [name, node.kind, ...said].join(", "),
    });
    group.append(
      svg("title", {}, [`${name} (${node.kind})`, ...said, node.words].filter(Boolean).join("\n")),
      svg("rect", { width: WIDTH, height: HEIGHT, rx: node.kind === "decide" ? 2 : 10 }),
      svg("text", { x: 10, y: 18, class: "kind" }, node.kind === "anywhere" ? "∗" : node.kind),
      svg("text", { x: 10, y: 34, class: "name" }, cut(name, 24)),
      svg("text", { x: 10, y: 50, class: "words" }, cut(node.words, 30)),
      svg("text", { x: WIDTH - 10, y: 18, class: "count", "text-anchor": "end" }),
      svg("text", { x: WIDTH - 10, y: 34, class: "count left", "text-anchor": "end" }),
    );
    const told = stubs.map((way) => ({ ...way, said: `${way.labels.filter((label) => label !== "next").join(", ")} ↪ ${way.target}`.trim() }));
    for (const [index, way] of told.slice(0, 3).entries()) {
      const more = index === 2 && told.length > 3 ? ` +${told.length - 3}` : "";
      group.append(svg("text", { x: 6, y: HEIGHT + 12 + 12 * index, class: `stub${way.human ? " human" : ""}` }, cut(way.said, 30) + more, svg("title", {}, told.map((one) => one.said).join("\n"))));
    }
    if (node.name) {
      group.addEventListener("click", () => go(node.line));
      group.addEventListener("keydown", (event) => event.key === "Enter" && go(node.line));
    }
    return group;
  }

  /** Show where the call is, and bring it into view. */
  function light(step) {
    lit = step;
    canvas.querySelector(".node.lit")?.classList.remove("lit");
    const found = step && canvas.querySelector(`.node[data-step="${CSS.escape(step)}"]`);
    if (!found) return;
    found.classList.add("lit");
    if (canvas.clientWidth) found.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Show what calls made of it: `{calls, steps, ways}`; null takes the figures away. */
  function count(found) {
    figures = found;
    for (const node of canvas.querySelectorAll(".node[data-step]")) {
      const step = found?.steps[node.dataset.step];
      const [through, left] = node.querySelectorAll(".count");
      through.textContent = step ? step.calls : "";
      left.textContent = step?.hung_up ? `✕ ${step.hung_up}` : "";
      node.querySelector("title.figures")?.remove();
      const told = step ? `${words.traffic_calls}: ${step.calls}\n${words.traffic_hung_up}: ${step.hung_up}\n${words.traffic_no_input}: ${step.no_input}\n${words.traffic_no_match}: ${step.no_match}` : "";
      through.append(...(told ? [svg("title", { class: "figures" }, told)] : []));
    }
    for (const way of canvas.querySelectorAll("[data-way]")) {
      const number = found?.ways[way.dataset.way] || 0;
      const text = way.querySelector(".count");
      if (text) text.textContent = number || "";
      way.querySelector("path")?.style.setProperty("stroke-width", found && number ? 1.25 + (6 * number) / Math.max(1, found.calls) : "");
    }
  }

  return { draw, light, fit, count, zoom: (factor) => scale(zoom * factor) };
}
