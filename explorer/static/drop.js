/**
 * Drop: lets a file be dropped anywhere on a page.
 */

/** Calls `take` with the file that is dropped. */
export function letDrop(take) {
  const { body } = document;
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    body.classList.toggle("dropping", depth > 0);
  };
  body.addEventListener("dragenter", (event) => holdsFile(event) && mark(1));
  body.addEventListener("dragleave", (event) => holdsFile(event) && mark(-1));
  body.addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
  body.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    mark(-depth);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
