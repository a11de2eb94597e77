/**
 * Reorder: items of a list that are dragged to another place by a grip. Keys and buttons do the same elsewhere.
 */

let dragged = null;

/** Lets an item be dragged by its grip; `move(from, to)` hears where to. */
export function letDrag(item, grip, at, move) {
  grip.addEventListener("pointerdown", () => (item.draggable = true));
  item.addEventListener("dragstart", (event) => {
    dragged = at;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", String(at));
    item.classList.add("dragged");
  });
  item.addEventListener("dragend", () => {
    dragged = null;
    item.draggable = false;
    item.classList.remove("dragged");
    unmark(item);
  });
  item.addEventListener("dragover", (event) => {
    if (dragged === null) return;
    event.preventDefault();
    item.classList.toggle("before", at < dragged);
    item.classList.toggle("behind", at > dragged);
  });
  item.addEventListener("dragleave", () => unmark(item));
  item.addEventListener("drop", (event) => {
    if (dragged === null) return;
    event.preventDefault();
    event.stopPropagation();
    unmark(item);
    move(dragged, at);
  });
}

const unmark = (item) => item.classList.remove("before", "behind");
