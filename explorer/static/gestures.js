/**
 * Gestures: pointer, wheel and keys on a picture, as calls of its methods.
 *
 * Wheel: zoom in time about the pointer; with shift in height; sideways: move along. Drag: zoom to what was marked; with
 * shift: move along. Double click or 0: all of it. + and -: zoom. Arrows: the cursor; with shift ten steps. Page keys: move
 * along. On a touch screen two fingers zoom, and one that goes up or down scrolls the page.
 */

const LEAST_DRAG = 6;

/** Lets a person move about in `picture` by what happens on its element. */
export function attach(picture, element, { wheel = true } = {}) {
  const state = { pointers: new Map(), drag: null, pinch: null };
  const on = (name, act, options) => element.addEventListener(name, act, options);
  on("pointerdown", (event) => down(picture, element, state, event));
  on("pointermove", (event) => move(picture, state, event));
  on("pointerup", (event) => up(picture, state, event));
  on("pointercancel", (event) => up(picture, state, event, true));
  on("pointerleave", () => state.drag ?? picture.point(null));
  on("dblclick", () => picture.reset());
  on("keydown", (event) => key(picture, event));
  if (wheel) on("wheel", (event) => turn(picture, event), { passive: false });
}

function down(picture, element, state, event) {
  if (event.button) return;
  state.pointers.set(event.pointerId, event);
  if (event.pointerType !== "touch") element.setPointerCapture(event.pointerId);
  if (state.pointers.size === 2) {
    state.drag = null;
    picture.mark(null);
    state.pinch = distance(state.pointers);
    return;
  }
  state.drag = { from: picture.placeOf(event), x: event.offsetX, y: event.offsetY, moved: false, view: picture.view };
}

function move(picture, state, event) {
  if (state.pointers.has(event.pointerId)) state.pointers.set(event.pointerId, event);
  const place = picture.placeOf(event);
  if (state.pinch) {
    const now = distance(state.pointers);
    picture.zoom(state.pinch / now, place.seconds);
    state.pinch = now;
    return;
  }
  picture.point(place);
  const { drag } = state;
  if (!drag) return;
  drag.moved ||= Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) >= LEAST_DRAG;
  if (!drag.moved) return;
  if (event.shiftKey) picture.look({ ...moved(picture.view, drag.from.seconds - place.seconds) });
  else picture.mark(marked(drag, place, event));
}

function up(picture, state, event, cancelled = false) {
  state.pointers.delete(event.pointerId);
  if (state.pointers.size < 2) state.pinch = null;
  const { drag } = state;
  state.drag = null;
  picture.mark(null);
  if (!drag) return;
  if (drag.moved && !cancelled && !event.shiftKey) picture.look(marked(drag, picture.placeOf(event), event));
  if (!drag.moved) picture.choose(drag.from);
}

/** What a drag marks: a span of time, and one of rows where it went up or down as well. */
function marked(drag, place, event) {
  const [from, to] = [drag.from.seconds, place.seconds].sort((a, b) => a - b);
  const span = { from, to };
  if (Math.abs(event.offsetY - drag.y) < 4 * LEAST_DRAG) return span;
  const [low, high] = [drag.from.row, place.row].sort((a, b) => a - b);
  return Math.abs(event.offsetX - drag.x) < LEAST_DRAG ? { low, high } : { ...span, low, high };
}

const moved = (view, seconds) => ({ from: view.from + seconds, to: view.to + seconds });

function distance(pointers) {
  const [a, b] = [...pointers.values()];
  return Math.max(8, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
}

function turn(picture, event) {
  const place = picture.placeOf(event);
  const amount = event.deltaY || event.deltaX;
  if (event.shiftKey) {
    if (picture.zoomRows(1.0015 ** amount, place.row)) event.preventDefault();
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const { from, to } = picture.view;
    if (picture.look(moved({ from, to }, ((to - from) * event.deltaX) / 800))) event.preventDefault();
  } else if (picture.zoom(1.0015 ** amount, place.seconds)) event.preventDefault();
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function key(picture, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { from, to } = picture.view;
  const acts = {
    "+": () => picture.zoom(1 / 1.5),
    "=": () => picture.zoom(1 / 1.5),
    "-": () => picture.zoom(1.5),
    _: () => picture.zoom(1.5),
    0: () => picture.reset(),
    Escape: () => picture.point(null),
    Home: () => picture.step(-Infinity, 0),
    End: () => picture.step(Infinity, 0),
    PageUp: () => picture.look(moved({ from, to }, (from - to) * 0.8)),
    PageDown: () => picture.look(moved({ from, to }, (to - from) * 0.8)),
  };
  const step = STEPS[event.key];
  if (step) picture.step(...step.map((one) => one * (event.shiftKey ? 10 : 1)));
  else if (acts[event.key]) acts[event.key]();
  else return;
  event.preventDefault();
}
