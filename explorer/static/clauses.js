/**
 * Clauses: parts of an expression that selects rows, as manifests.where reads it, put together by pressing on things.
 */

/** A value as an expression writes it. */
export function written(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  const text = String(value).replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `'${text}'`;
}

/** Whether an expression can name it. */
export const nameable = (name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** That a column or a label has a value; of a list, that it has each of its members. */
export function equals(name, value) {
  if (Array.isArray(value)) return value.map((one) => `${written(one)} in ${name}`).join(" and ");
  return `${name} == ${written(value)}`;
}

/** That a number lies between two; the upper one belongs to it where it is the last. */
export const between = (name, from, to, last) => `${from} <= ${name} ${last ? "<=" : "<"} ${to}`;

/** The parts of an expression that `and` joins; an expression with other joints is one part. */
export function parts(where) {
  const text = where.trim();
  if (!text) return [];
  if (/\bor\b|[()"\\]/.test(text)) return [text];
  return text.split(/ and (?=(?:[^']*'[^']*')*[^']*$)/);
}

export const has = (where, clause) => parts(where).includes(clause);

/** The expression with a clause, or without it where it had it. */
export function toggled(where, clause) {
  const before = parts(where);
  if (before.includes(clause)) return before.filter((one) => one !== clause).join(" and ");
  return joined([...before, clause]);
}

/** The expression with a span of a number, in place of the one that it had. */
export function spanned(where, name, clause) {
  const span = new RegExp(`^[\\d.e+-]+ <= ${name} <=? [\\d.e+-]+$`);
  return joined([...parts(where).filter((one) => !span.test(one)), clause]);
}

function joined(all) {
  return all.length < 2 ? (all[0] ?? "") : all.map((one) => (/\bor\b/.test(one) ? `(${one})` : one)).join(" and ");
}
