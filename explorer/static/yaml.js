/**
 * Yaml: a chain as the text of a recipe, to be pasted under `stages:`. It is YAML 1.2 as the recipes have it: stages in
 * flow form on a line, in lines of their own where that would be long.
 */

const LONG = 100;
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][\w-]*$/i;

/** A value on one line. */
export function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value && typeof value === "object") return `{${pairs(value).join(", ")}}`;
  if (typeof value === "string") return PLAIN.test(value) ? value : JSON.stringify(value);
  if (typeof value === "number") return digits(value);
  return JSON.stringify(value ?? null);
}

const pairs = (values) => Object.entries(values).map(([name, value]) => `${flow(name)}: ${flow(value)}`);

/** JavaScript writes 1e-7; YAML's floats want a point: 1.0e-7. */
function digits(value) {
  const text = String(value);
  return /^-?\d+e/.test(text) ? text.replace("e", ".0e") : text;
}

/** The stages [{name: parameters}, ..] as YAML, with `stages:` above them; `decode` is put in front if it is missing, and
 *  what the recipe keeps stands below as `store:`, if it is told. */
export function toYaml(stages, keep = null) {
  const whole = stages.some((step) => "decode" in step) ? stages : [{ decode: {} }, ...stages];
  const lines = ["stages:", ...whole.flatMap(stageLines)];
  if (keep && Object.keys(keep).length) lines.push("store:", `  keep: ${flow(keep)}`);
  return `${lines.join("\n")}\n`;
}

function stageLines(step) {
  const [[name, given]] = Object.entries(step);
  const parameters = given ?? {};
  if (!Object.keys(parameters).length) return [`  - ${name}`];
  const line = `  - ${name}: ${flow(parameters)}`;
  return line.length <= LONG ? [line] : [`  - ${name}:`, ...pairs(parameters).map((pair) => `      ${pair}`)];
}
