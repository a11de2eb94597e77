/**
 * Frame: what stands around and above the array in a picture: axes with their ticks, the cursor, what is marked, and
 * where the sound is.
 */

import { laneTicks, rowTicks, rowTitle, timeTicks } from "./axes.js";

/** Draws the axes of a picture around its box. */
export function drawFrame(context, picture, colours) {
  const { box, view, array, lanes } = picture;
  context.save();
  context.scale(box.ratio, box.ratio);
  context.font = `11px ${colours.font}`;
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  if (picture.times) drawTimes(context, box, view, Boolean(array?.rate ?? true));
  if (array && lanes) drawLanes(context, box, lanes, colours);
  else if (array) drawRows(context, box, view, array);
  context.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  context.restore();
}

function drawTimes(context, box, view, seconds) {
  context.textAlign = "center";
  context.textBaseline = "top";
  const bottom = box.top + box.height;
  const unit = seconds ? "s" : "";
  for (const { at, text } of timeTicks(view, box.width)) {
    const x = box.left + ((at - view.from) / (view.to - view.from)) * box.width;
    if (x > box.left + box.width - 22 && unit) continue; // the unit stands there
    stroke(context, x, bottom, x, bottom + 4);
    context.fillText(text, Math.max(x, box.left + 6), bottom + 7);
  }
  context.textAlign = "right";
  context.fillText(unit, box.left + box.width, bottom + 7);
}

function drawRows(context, box, view, array) {
  context.textAlign = "right";
  context.textBaseline = "middle";
  const title = rowTitle(array);
  for (const { at, text } of rowTicks(array, view, box.height)) {
    const y = box.top + ((view.high - at) / (view.high - view.low)) * box.height;
    if (title && y < box.top + 18) continue; // the title stands there
    stroke(context, box.left - 4, y, box.left, y);
    context.fillText(text, box.left - 7, Math.min(y, box.top + box.height - 5), box.left - 8);
  }
  context.fillText(title, box.left - 7, box.top + 6, box.left - 8);
}

function drawLanes(context, box, lanes, colours) {
  const height = box.height / lanes.length;
  context.textBaseline = "middle";
  lanes.forEach((lane, number) => {
    const top = box.top + number * height;
    context.textAlign = "right";
    for (const { at, text } of laneTicks(lane, height)) {
      const y = top + ((lane.high - at) / (lane.high - lane.low)) * height;
      stroke(context, box.left - 4, y, box.left, y);
      context.fillText(text, box.left - 7, Math.min(Math.max(y, box.top + 5), box.top + box.height - 5), box.left - 8);
    }
    if (number) stroke(context, box.left, top, box.left + box.width, top);
    if (!lane.name) return;
    context.textAlign = "left";
    context.fillStyle = colours.ink;
    context.fillText(lane.name, box.left + 8, top + 10);
    context.fillStyle = colours.muted;
  });
}

/** Draws the cursor (`place`), what is being marked (`mark`) and where the sound is (`head`). */
export function drawMarks(context, picture, { place, mark, head }, colours) {
  const { box, view, lanes } = picture;
  const x = (seconds) => box.left + ((seconds - view.from) / (view.to - view.from)) * box.width;
  const y = (row) => box.top + ((view.high - row) / (view.high - view.low)) * box.height;
  context.save();
  context.scale(box.ratio, box.ratio);
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  if (mark) drawSpan(context, box, mark, x, y, colours);
  if (place) {
    drawLine(context, x(place.seconds), box.top, x(place.seconds), box.top + box.height, lanes ? colours.muted : "#ffffff");
    if (!lanes) drawLine(context, box.left, y(place.row), box.left + box.width, y(place.row), "#ffffff");
  }
  if (head !== null && head !== undefined) drawHead(context, x(head), box, lanes ? colours.second : "#ffffff");
  context.restore();
}

function drawSpan(context, box, mark, x, y, colours) {
  const [left, right] = [x(mark.from ?? -Infinity), x(mark.to ?? Infinity)].map((at) => hold(at, box.left, box.width));
  const [top, bottom] = [y(mark.high ?? Infinity), y(mark.low ?? -Infinity)].map((at) => hold(at, box.top, box.height));
  context.globalAlpha = 0.25;
  context.fillStyle = colours.accent;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
}

const hold = (at, start, length) => Math.min(Math.max(at, start), start + length);

/** A thin line with a dark rim, seen on any colour. */
function drawLine(context, x0, y0, x1, y1, colour) {
  const [a, b, c, d] = [x0, y0, x1, y1].map((at) => Math.round(at) + 0.5);
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 35%)";
  if (colour === "#ffffff") stroke(context, a, b, c, d);
  context.lineWidth = 1;
  context.strokeStyle = colour;
  stroke(context, a, b, c, d);
}

function drawHead(context, x, box, colour) {
  drawLine(context, x, box.top, x, box.top + box.height, colour);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x - 5, box.top);
  context.lineTo(x + 6, box.top);
  context.lineTo(x + 0.5, box.top + 8);
  context.fill();
}

function stroke(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
