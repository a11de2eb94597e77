/**
 * FigureState: what a figure of a chapter walks: the chains that its description (figures_N.json) begins with, and what its
 * controls put into them.
 *
 * A control's `sets` are paths such as "0.stages.1.quantize.bits": of chain 0, the parameter `bits` of stage 1. The options
 * of a choice set several at once, even all stages; they come first, and a path that leads nowhere then is passed over.
 */

export class FigureState {
  constructor(spec) {
    this.spec = spec;
    this.controls = spec.controls ?? [];
    this.values = Object.fromEntries(this.controls.map((one) => [keyOf(one), one.options ? (one.chosen ?? 0) : this.#first(one)]));
  }

  /** What a control begins with: what it says, or what stands in the chains. */
  #first(control) {
    return control.value ?? find(this.spec.chains, control.sets?.[0] ?? "") ?? null;
  }

  /** The chains as the controls have them now, each {source, stages, ..}. */
  chains() {
    const chains = structuredClone(this.spec.chains);
    for (const control of this.controls.filter((one) => one.options)) {
      for (const [path, value] of Object.entries(this.option(control).set ?? {})) put(chains, path, structuredClone(value));
    }
    for (const control of this.controls.filter((one) => !one.options && this.#wanted(one))) {
      for (const path of control.sets ?? []) put(chains, path, this.values[keyOf(control)]);
    }
    return chains;
  }

  /** The option that is chosen of a control with options. */
  option(control) {
    return control.options[this.values[keyOf(control)]];
  }

  /** Whether a control has anything to turn, as the options are now. */
  reaches(control) {
    if (!this.#wanted(control)) return false;
    if (control.options || !control.sets) return true;
    return control.sets.some((path) => holder(this.chains(), path) !== null);
  }

  /** Whether a control is one for the option that is chosen. */
  #wanted({ only }) {
    const first = this.controls.find((one) => one.options);
    return !only || !first || only.includes(this.option(first).label);
  }
}

/** The name under which a control's value is known: its own, or the last part of its path. */
export const keyOf = (control) => control.key ?? control.sets?.[0].split(".").at(-1) ?? control.label;

function holder(chains, path) {
  const parts = path.split(".").slice(0, -1);
  const found = parts.reduce((at, part) => at?.[part] ?? null, chains);
  return found !== null && typeof found === "object" ? found : null;
}

function put(chains, path, value) {
  const at = holder(chains, path);
  if (at) at[path.split(".").at(-1)] = value;
}

const find = (chains, path) => holder(chains, path)?.[path.split(".").at(-1)];

/** Number of the step that a reference means: its own, or the last one of the chain. */
export const stepOf = (step, chain) => (step === "last" ? chain.stages.length - 1 : step);
