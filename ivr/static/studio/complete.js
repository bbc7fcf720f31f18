// Completion: the fields that may stand here, by the JSON Schema, and the names of steps where a way leads on.

const WAYS = new Set([
  "next", "exhausted", "found", "done", "missing", "refused", "limited", "failed", "else", "nothing", "unavailable",
  "callback", "promised", "outside", "full", "start",
]);

/** The keys around a line, outermost first, by indentation; `depth` is the column in which a new key would stand. */
export function pathAt(lines, index, depth) {
  const path = [];
  for (let at = index - 1; at >= 0 && depth > 0; at--) {
    const found = /^(\s*(?:- )?)([\w-]+):(?:\s|$)/.exec(lines[at]);
    if (found && found[1].length < depth) {
      path.unshift(found[2]);
      depth = found[1].replace("- ", "  ").length === found[1].length && found[1].includes("- ")
        ? found[1].indexOf("-") + 1
        : found[1].length;
    }
  }
  return path;
}

function resolve(schema, part) {
  let seen = part;
  while (seen && seen.$ref) seen = schema.$defs[seen.$ref.split("/").pop()];
  return seen;
}

/** Every alternative of a part of the schema that may describe a mapping. */
function* mappings(schema, part) {
  const here = resolve(schema, part);
  if (!here) return;
  if (here.properties || here.additionalProperties) yield here;
  if (here.items) yield* mappings(schema, here.items);
  for (const each of [...(here.anyOf || []), ...(here.oneOf || []), ...(here.allOf || [])]) yield* mappings(schema, each);
}

/** Fields by name that may stand below a path. */
export function fieldsAt(schema, path) {
  let parts = [schema];
  for (const key of path) {
    const inner = [];
    for (const part of parts) {
      for (const each of mappings(schema, part)) {
        if (each.properties && each.properties[key]) inner.push(each.properties[key]);
        else if (typeof each.additionalProperties === "object") inner.push(each.additionalProperties);
      }
    }
    parts = inner;
  }
  const fields = {};
  for (const part of parts) {
    for (const each of mappings(schema, part)) Object.assign(fields, each.properties || {});
  }
  return fields;
}

/** A completion source; `schema()` and `steps()` give what is known now. */
export function completions(schema, steps) {
  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const way = /^\s*(?:- )?(\w+):\s+(["']?)(\w*)$/.exec(before) || /[{,]\s*(\w+):\s+(["']?)(\w*)$/.exec(before);
    if (way && WAYS.has(way[1])) {
      return {
        from: context.pos - way[3].length, validFor: /^\w*$/,
        options: steps().map((step) => ({ label: step.name, detail: step.kind, type: "variable" })),
      };
    }
    const key = /^(\s*(?:- )?)(\w*)$/.exec(before);
    if (!key || (!key[2] && !context.explicit)) return null;
    const lines = context.state.doc.toString().split("\n");
    const known = schema();
    if (!known) return null;
    const fields = fieldsAt(known, pathAt(lines, line.number - 1, key[1].length));
    return {
      from: context.pos - key[2].length, validFor: /^\w*$/,
      options: Object.entries(fields).map(([label, field]) => ({
        label, apply: `${label}: `, type: "property", info: field.description || undefined,
      })),
    };
  };
}
